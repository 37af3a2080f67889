import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { GatesConfig } from '../../lib/config/gates.ts';
import { pipelineMetric } from './metrics.ts';
import type { NightlyStart } from './nightly-schedule.ts';

/** What the alarms of a pipeline watch and where they tell. */
export interface PipelineAlarmsProps {
  /** Value of the metrics' dimension, and what the alarms' names begin with. */
  readonly pipelineName: string;
  readonly notices: Topic;
  readonly deadLetters: IQueue;
  /** Section `gates` of the scoring configuration. */
  readonly gates: GatesConfig;
  /** While it is paused nobody looks for the night. */
  readonly start: NightlyStart;
  /** Address of docs/runbook.md. */
  readonly runbookUrl: string;
}

/** One alarm. Every alarm breaches on one data point: the metrics are events of a night, not samples of something continuous. */
interface AlarmSpec {
  /** Its name, and its heading in docs/runbook.md. */
  readonly id: string;
  /** One sentence. */
  readonly meaning: string;
  readonly metric: Metric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  readonly missing: TreatMissingData;
  /** False: it is shown, and nobody is told. */
  readonly isTold?: boolean;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator;

/** Above this share of its time limit a function has less than a quarter of room to grow: customers are added by the month. */
const TIME_LIMIT_SHARE = 0.8;

/** The alarms of a pipeline. Each tells the topic of notices, and names its entry of the runbook. */
export class PipelineAlarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    allowAlarmNotices(this, props);
    this.all = alarmSpecs(props).map((spec) => this.alarm(spec, props));
  }

  private alarm(spec: AlarmSpec, { pipelineName, notices, runbookUrl }: PipelineAlarmsProps): Alarm {
    const alarm = new Alarm(this, spec.id, {
      // A name that a person reads in a message. No other pipeline of the account and region has it: the pipeline's name holds
      // that of the stack and a hash of the path.
      alarmName: `${pipelineName}-${spec.id}`,
      alarmDescription: `${spec.meaning} ${runbookUrl}#alarm-${spec.id}`,
      metric: spec.metric,
      threshold: spec.threshold,
      comparisonOperator: spec.comparison,
      evaluationPeriods: 1,
      treatMissingData: spec.missing,
      actionsEnabled: spec.isTold ?? true,
    });
    alarm.addAlarmAction(new SnsAction(notices));
    return alarm;
  }
}

/** What is watched. */
function alarmSpecs(props: PipelineAlarmsProps): AlarmSpec[] {
  return [...runAlarms(props), ...nightAlarms(props), ...limitAlarms(props)];
}

/**
 * How runs end. Step Functions' own ExecutionsFailed counts held and superseded runs too; fail-run knows them apart, and a rule
 * calls it when the machine itself dies. IGNORE keeps the state while nothing is emitted: close-run emits 0, so these alarms stand
 * until a run is closed and not for some minutes of the night.
 */
function runAlarms({ pipelineName }: PipelineAlarmsProps): AlarmSpec[] {
  const event = { statistic: 'Maximum', period: Duration.minutes(5) } as const;
  return [
    {
      id: 'run-failed',
      meaning: 'A run ended by an error, and none was closed since.',
      metric: pipelineMetric(pipelineName, 'RunFailed', event),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      missing: TreatMissingData.IGNORE,
    },
    {
      id: 'run-held',
      meaning: 'A check of data quality holds a run, and none was closed since.',
      metric: pipelineMetric(pipelineName, 'RunHeld', event),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      missing: TreatMissingData.IGNORE,
    },
  ];
}

/** Whether the night comes at all, and with rows that can be read. */
function nightAlarms({ pipelineName, gates, start }: PipelineAlarmsProps): AlarmSpec[] {
  return [
    {
      id: 'drop-late',
      meaning: 'The nightly run waits for a drop that is not complete, and half the time to the deadline is over.',
      // open-run looks every 10 min while it waits: 15 min always hold a look.
      metric: pipelineMetric(pipelineName, 'DropLateMinutes', { statistic: 'Maximum', period: Duration.minutes(15) }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // Half of it is left to ask the source for the drop.
      threshold: start.deadlineMinutes / 2,
      // Nothing is emitted by a run that does not wait.
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'night-overdue',
      meaning: 'The deadline has passed and no run was opened for the night, or the watch itself does not report.',
      // The watch looks every 15 min: 30 min hold two looks, so one that is delivered late is no alarm.
      metric: pipelineMetric(pipelineName, 'NightOverdue', { statistic: 'Maximum', period: Duration.minutes(30) }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // A watch that is silent watches nothing. While the schedule is paused it is silent because it was told to be.
      missing: start.isEnabled ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'quarantine-share',
      meaning: 'More rows of the last run went to quarantine than gates.warnMalformedShare allows.',
      metric: pipelineMetric(pipelineName, 'QuarantineShare', { statistic: 'Maximum', period: Duration.minutes(5) }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: gates.warnMalformedShare,
      // One value a run: the last one stands until the next run.
      missing: TreatMissingData.IGNORE,
      isTold: gates.severity.quarantine_share !== 'off',
    },
  ];
}

/** Where the pipeline comes near a limit of the platform. */
function limitAlarms({ pipelineName, deadLetters }: PipelineAlarmsProps): AlarmSpec[] {
  return [
    {
      id: 'dead-letters',
      meaning: 'A start, a look of the watch or an event of a dead machine could not be delivered.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // SQS reports nothing of a queue that was empty and unused for six hours.
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'throttled-writes',
      meaning: 'DynamoDB refused writes for so long that a step gave up; Step Functions tries it again.',
      // Not WriteThrottleEvents of DynamoDB: those that the client's own retries absorb are how the maximum of write units works,
      // and CloudWatch ignores missing data of AWS/DynamoDB, so that such an alarm would stand for good.
      metric: pipelineMetric(pipelineName, 'ThrottledWrites', { statistic: 'Sum', period: Duration.minutes(5) }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'time-limit-near',
      meaning: `A step took more than ${TIME_LIMIT_SHARE * 100} % of the time that its function has.`,
      // 6 h: the slowest step of the night is still seen in the morning.
      metric: pipelineMetric(pipelineName, 'TimeLimitShare', { statistic: 'Maximum', period: Duration.hours(6) }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: TIME_LIMIT_SHARE,
      missing: TreatMissingData.NOT_BREACHING,
    },
  ];
}

/** The topic has a policy of its own (TLS only), which takes the place of the one that lets CloudWatch in by default. */
function allowAlarmNotices(scope: Construct, { pipelineName, notices }: PipelineAlarmsProps): void {
  const { account } = Stack.of(scope);
  const alarms = Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: `${pipelineName}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  notices.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Alarms',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [notices.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': alarms } },
    }),
  );
}
