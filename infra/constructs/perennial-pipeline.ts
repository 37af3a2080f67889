import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { PerennialConfig } from '../../lib/config/config.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { METRIC_NAMESPACE } from '../../lib/metrics.ts';
import { machineDefinition } from '../machine/definition.ts';
import { WATCH_RIGHTS } from '../rights.ts';
import { PipelineAlarms } from './alarms.ts';
import { PipelineBudget, tagPipeline } from './budget.ts';
import { PipelineDashboard } from './dashboard.ts';
import { ExecutionFailures } from './execution-failures.ts';
import { PipelineFunctions } from './functions.ts';
import { type DropsBucket, grantFunction, grantSteps } from './grants.ts';
import { allowOwnExecutions, machineRole } from './machine-role.ts';
import { NightWatch } from './night-watch.ts';
import { NightlySchedule, type NightlyScheduleOptions } from './nightly-schedule.ts';
import { PipelineStorage } from './storage.ts';

/** Longest run, waiting for the drop included: it must end before the next night's start. */
const RUN_TIMEOUT = Duration.hours(23);

/**
 * Write units of a table in a second. A history of some years writes 1 profile and about 3 transition items of at most 1 KB for each
 * customer: for 1,000,000 that is 100 + 300 s of the 900 s that project-shard has. What runs wild costs at most 10,000 x 3,600 s x
 * $0.625 per million = $22.50 an hour and table.
 */
const MAX_WRITE_UNITS = 10_000;

/** Read units of a table in a second: what a new on-demand table takes at once. At most 12,000 x 3,600 s x $0.125 per million = $5.40 an hour and table. */
const MAX_READ_UNITS = 12_000;

/** US dollars. 1,000,000 customers cost about $4 a month, $20 if every profile changed every night, and what is fixed about $10. */
const MONTHLY_BUDGET = 50;

/** Options of a pipeline. All have defaults. */
export interface PerennialPipelineProps {
  /**
   * The scoring configuration, as in `perennial.config.json`.
   *
   * @default {} - every default of docs/configuration.md
   */
  readonly config?: unknown;
  /** @default - every day at 04:30 in the time zone of `config` */
  readonly schedule?: NightlyScheduleOptions;
  /**
   * Items of one Map that run at once, and so the number of concurrent functions.
   *
   * @default 60 - of the 1,000 that a region allows
   */
  readonly maxConcurrency?: number;
  /** How long logs are kept. @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: RetentionDays;
  /** Maximum of read request units of each table. @default 12000 */
  readonly maxReadUnitsPerSecond?: number;
  /** Maximum of write request units of each table. @default 10000 - 7,500,000 items in the time of a step */
  readonly maxWriteUnitsPerSecond?: number;
  /** What a month may cost, in US dollars, before people are told; null for no budget. @default 50 */
  readonly monthlyBudgetUsd?: number | null;
  /**
   * True: only what carries the tag `perennial` of this pipeline counts for the budget. Activate the tag as a cost allocation tag
   * first, else nothing counts at all.
   *
   * @default false - all costs of the account count
   */
  readonly budgetByTag?: boolean;
  /** Address of the runbook, which alarms name. @default docs/runbook.md */
  readonly runbookUrl?: string;
  /** Buckets whose drops a run may read in place (`dropsUrl`). @default - none: drops are put into the lake */
  readonly dropsBuckets?: readonly DropsBucket[] | undefined;
}

/**
 * The whole pipeline: storage, one function per step, the state machine, its schedule and a topic for its notices. No
 * physical name is fixed, so one stack may hold several.
 *
 * @example new PerennialPipeline(this, 'Shop', { config: { timeZone: 'Europe/Paris', currency: 'EUR' } });
 */
export class PerennialPipeline extends Construct {
  /** Dimension of its metrics, tag of its resources, beginning of its alarms' names: no other pipeline of the account and region has it. */
  readonly pipelineName: string;
  readonly storage: PipelineStorage;
  readonly dropsBuckets: readonly DropsBucket[];
  readonly functions: PipelineFunctions;
  readonly machine: StateMachine;
  readonly schedule: NightlySchedule;
  readonly watch: NightWatch;
  /** Notices of closed, held and failed runs, of alarms and of the budget; subscribe whoever should know. */
  readonly notices: Topic;

  /** @throws ConfigError when `config` or a time zone is wrong */
  constructor(scope: Construct, id: string, props: PerennialPipelineProps = {}) {
    super(scope, id);
    const given = props.config ?? {};
    const config = parseConfig(given, 'of the stack');
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;
    this.pipelineName = Names.uniqueResourceName(this, { maxLength: 64, separator: '-' });
    tagPipeline(this, this.pipelineName);

    this.storage = new PipelineStorage(this, 'Storage', {
      maxReadUnitsPerSecond: props.maxReadUnitsPerSecond ?? MAX_READ_UNITS,
      maxWriteUnitsPerSecond: props.maxWriteUnitsPerSecond ?? MAX_WRITE_UNITS,
    });
    this.notices = new Topic(this, 'Notices', { enforceSSL: true, masterKey: this.storage.keys.data });
    // As given, not with the defaults filled in: a Lambda variable has little room.
    const configJson = JSON.stringify(given);
    const environment = this.environment();
    this.functions = new PipelineFunctions(this, 'Steps', { environment, configJson, logRetention });
    const { storage, notices } = this;
    this.dropsBuckets = props.dropsBuckets ?? [];
    const places = { storage, notices, dropsBuckets: this.dropsBuckets };
    grantSteps(this.functions.byStep, places);
    this.machine = this.stateMachine(props.maxConcurrency ?? 60, logRetention);
    this.schedule = new NightlySchedule(this, 'Schedule', {
      machine: this.machine,
      options: props.schedule ?? {},
      defaultTimeZone: config.timeZone,
    });
    const { start, deadLetters } = this.schedule;
    const failRun = this.functions.byStep['fail-run'];
    new ExecutionFailures(this, 'ExecutionFailures', { machine: this.machine, failRun, deadLetters });
    this.watch = new NightWatch(this, 'NightWatch', {
      start,
      deadLetters,
      environment: { ...environment, DEPLOYED_CONFIG: configJson },
      logRetention,
    });
    grantFunction(this.watch.lambda, WATCH_RIGHTS, places);
    this.tell(props, config, this.watch);
  }

  /** What every function is told. */
  private environment(): Record<string, string> {
    const { storage, notices, pipelineName } = this;
    return {
      LAKE_URL: `s3://${storage.lake.bucketName}`,
      EXPORTS_URL: `s3://${storage.exports.bucketName}`,
      PROFILES_TABLE: storage.profiles.tableName,
      TRANSITIONS_TABLE: storage.transitions.tableName,
      RUNS_TABLE: storage.runs.tableName,
      NOTIFY_TOPIC_ARN: notices.topicArn,
      PII_KEY_ARN: storage.keys.pii.keyArn,
      PIPELINE_NAME: pipelineName,
      POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
    };
  }

  private stateMachine(maxConcurrency: number, logRetention: RetentionDays): StateMachine {
    const functions = this.functions.byStep;
    const role = machineRole(this, 'MachineRole', Object.values(functions));
    const machine = new StateMachine(this, 'Machine', {
      // Of what the CDK would add it needs a part only.
      role: role.withoutPolicyUpdates(),
      comment: 'Perennial: one run over a date range',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: machineDefinition(new Construct(this, 'States'), { functions, maxConcurrency }),
      timeout: RUN_TIMEOUT,
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        // Inputs and outputs hold pointers and counts only; error texts may quote a drop.
        includeExecutionData: false,
        destination: new LogGroup(this, 'MachineLogs', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY }),
      },
    });
    allowOwnExecutions(this, 'OwnExecutions', role, machine);
    return machine;
  }

  /** Alarms, dashboard and budget: how people learn what they should look at. */
  private tell(props: PerennialPipelineProps, { gates }: PerennialConfig, watch: NightWatch): void {
    const { pipelineName, notices, machine } = this;
    const { start, deadLetters } = this.schedule;
    const { profiles, transitions, runs } = this.storage;
    const runbookUrl = props.runbookUrl ?? 'docs/runbook.md';
    const alarms = new PipelineAlarms(this, 'Alarms', { pipelineName, notices, deadLetters, gates, start, runbookUrl });
    // A new watch looks at once; an alarm that was there before it would miss it.
    alarms.node.addDependency(watch);
    new PipelineDashboard(this, 'Operations', {
      pipelineName,
      alarms: alarms.all,
      functions: this.functions.byStep,
      machine,
      tables: { profiles, transitions, runs },
      deadLetters,
      gates,
    });
    const { monthlyBudgetUsd = MONTHLY_BUDGET, budgetByTag = false } = props;
    if (monthlyBudgetUsd === null) return;
    const onlyPipeline = budgetByTag ? { onlyPipeline: pipelineName } : {};
    new PipelineBudget(this, 'Budget', { monthlyUsd: monthlyBudgetUsd, notices, ...onlyPipeline });
  }
}
