import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { parseConfig } from '../../lib/config/load.ts';
import { machineDefinition } from '../machine/definition.ts';
import { PipelineFunctions } from './functions.ts';
import { grantSteps } from './grants.ts';
import { NightlySchedule, type NightlyScheduleOptions } from './nightly-schedule.ts';
import { PipelineStorage } from './storage.ts';

/** Longest run, waiting for the drop included: it must end before the next night's start. */
const RUN_TIMEOUT = Duration.hours(23);

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
}

/**
 * The whole pipeline: storage, one function per step, the state machine, its schedule and a topic for its notices. No
 * physical name is fixed, so one stack may hold several.
 *
 * @example new PerennialPipeline(this, 'Shop', { config: { timeZone: 'Europe/Paris', currency: 'EUR' } });
 */
export class PerennialPipeline extends Construct {
  readonly storage: PipelineStorage;
  readonly functions: PipelineFunctions;
  readonly machine: StateMachine;
  readonly schedule: NightlySchedule;
  /** Notices of closed and failed runs; subscribe whoever should know. */
  readonly notices: Topic;

  /** @throws ConfigError when `config` or a time zone is wrong */
  constructor(scope: Construct, id: string, props: PerennialPipelineProps = {}) {
    super(scope, id);
    const given = props.config ?? {};
    const config = parseConfig(given, 'of the stack');
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;

    this.storage = new PipelineStorage(this, 'Storage');
    this.notices = new Topic(this, 'Notices', { enforceSSL: true });
    this.functions = new PipelineFunctions(this, 'Steps', {
      environment: {
        LAKE_URL: `s3://${this.storage.lake.bucketName}`,
        EXPORTS_URL: `s3://${this.storage.exports.bucketName}`,
        PROFILES_TABLE: this.storage.profiles.tableName,
        TRANSITIONS_TABLE: this.storage.transitions.tableName,
        RUNS_TABLE: this.storage.runs.tableName,
        NOTIFY_TOPIC_ARN: this.notices.topicArn,
      },
      // As given, not with the defaults filled in: a Lambda variable has little room.
      configJson: JSON.stringify(given),
      logRetention,
    });
    grantSteps(this.functions.byStep, this.storage, this.notices);

    const states = new Construct(this, 'States');
    this.machine = new StateMachine(this, 'Machine', {
      comment: 'Perennial: one run over a date range',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: machineDefinition(states, {
        functions: this.functions.byStep,
        maxConcurrency: props.maxConcurrency ?? 60,
      }),
      timeout: RUN_TIMEOUT,
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        // Inputs and outputs hold pointers and counts only; error texts may quote a drop.
        includeExecutionData: false,
        destination: new LogGroup(this, 'MachineLogs', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY }),
      },
    });
    this.schedule = new NightlySchedule(this, 'Schedule', {
      machine: this.machine,
      options: props.schedule ?? {},
      defaultTimeZone: config.timeZone,
    });
  }
}
