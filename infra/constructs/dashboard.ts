import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  GraphWidgetView,
  type IMetric,
  type IWidget,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { GatesConfig } from '../../lib/config/gates.ts';
import type { Step } from '../../lib/keys.ts';
import { METRICS, type MetricName } from '../../lib/metrics.ts';
import { LAMBDA_TIMEOUT_SECONDS } from '../machine/task-states.ts';
import { pipelineMetric } from './metrics.ts';

/** What the dashboard shows. */
export interface PipelineDashboardProps {
  readonly pipelineName: string;
  readonly alarms: readonly Alarm[];
  readonly functions: Readonly<Record<Step, IFunction>>;
  readonly machine: StateMachine;
  readonly tables: Readonly<Record<string, Table>>;
  readonly deadLetters: IQueue;
  /** Section `gates` of the scoring configuration. */
  readonly gates: GatesConfig;
}

/** A dashboard is 24 columns wide. */
const FULL = 24;
const HALF = FULL / 2;
const THIRD = FULL / 3;
const HEIGHT = 6;

/** One run comes a night: a day is the finest step at which nights can be told apart. */
const NIGHT = Duration.days(1);
/** Within a night. */
const FINE = Duration.minutes(5);

/** One page: the alarms, the last nights, then what made a night slow or dear. Its name is left to CloudFormation, since names of dashboards are shared by all regions of an account. */
export class PipelineDashboard extends Construct {
  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      // Two weeks: every weekday has one to be compared with.
      defaultInterval: Duration.days(14),
      widgets: [alarmRow(props), numberRow(props), nightRow(props), stepRow(props), writeRow(props), machineRow(props)],
    });
  }
}

function alarmRow({ alarms }: PipelineDashboardProps): IWidget[] {
  return [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: FULL, height: 3 })];
}

/** The last night in numbers. */
function numberRow({ pipelineName }: PipelineDashboardProps): IWidget[] {
  const names: MetricName[] = ['Customers', 'RowsRead', 'ProfilesWritten', 'Transitions', 'QuarantineShare'];
  const metrics = names.map((name) => pipelineMetric(pipelineName, name, { statistic: 'Maximum', period: NIGHT }));
  return [new SingleValueWidget({ title: 'Last night', metrics, sparkline: true, width: FULL, height: 4 })];
}

function nightRow({ pipelineName, gates }: PipelineDashboardProps): IWidget[] {
  const ofNight = (name: MetricName, statistic: 'Maximum' | 'Sum') =>
    pipelineMetric(pipelineName, name, { statistic, period: NIGHT });
  const ends: MetricName[] = ['RunOpened', 'RunClosed', 'RunHeld', 'RunFailed', 'NightOverdue'];
  return [
    new GraphWidget({
      title: 'Nights: how runs ended',
      view: GraphWidgetView.BAR,
      left: ends.map((name) => ofNight(name, METRICS[name].from === 'watch-night' ? 'Maximum' : 'Sum')),
      width: THIRD,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Quarantine, and how late drops were',
      left: [ofNight('QuarantineShare', 'Maximum')],
      leftAnnotations: [
        { value: gates.warnMalformedShare, label: 'told' },
        { value: gates.maxMalformedShare, label: 'held' },
      ],
      right: [ofNight('DropLateMinutes', 'Maximum')],
      width: THIRD,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Work of a night',
      left: [ofNight('RowsRead', 'Maximum'), ofNight('Customers', 'Maximum')],
      right: [ofNight('ProfilesWritten', 'Maximum'), ofNight('Transitions', 'Maximum')],
      width: THIRD,
      height: HEIGHT,
    }),
  ];
}

/** Native metrics, for these know the step; the pipeline's own do not (lib/metrics.ts). */
function stepRow({ functions }: PipelineDashboardProps): IWidget[] {
  const steps = Object.entries(functions);
  const ofSteps = (read: (lambda: IFunction, label: string) => IMetric) => steps.map(([step, lambda]) => read(lambda, step));
  const lambdas = Object.values(functions);
  return [
    new GraphWidget({
      title: 'Longest invocation of each step, ms',
      left: ofSteps((lambda, label) => lambda.metricDuration({ statistic: 'p100', period: NIGHT, label })),
      leftAnnotations: [{ value: LAMBDA_TIMEOUT_SECONDS * 1000, label: 'limit' }],
      width: HALF,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Errors and throttles of steps',
      left: ofSteps((lambda, label) => lambda.metricErrors({ statistic: 'Sum', period: NIGHT, label })),
      right: lambdas.map((lambda) => lambda.metricThrottles({ statistic: 'Sum', period: NIGHT })),
      width: HALF,
      height: HEIGHT,
    }),
  ];
}

function writeRow({ tables, pipelineName }: PipelineDashboardProps): IWidget[] {
  const ofTables = (metricName: string) =>
    Object.entries(tables).map(([label, table]) => table.metric(metricName, { statistic: 'Sum', period: FINE, label }));
  return [
    new GraphWidget({
      title: 'Write units in 5 minutes',
      left: ofTables('ConsumedWriteCapacityUnits'),
      width: HALF,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Throttled writes: absorbed by retries, and given up',
      left: ofTables('WriteThrottleEvents'),
      right: [pipelineMetric(pipelineName, 'ThrottledWrites', { statistic: 'Sum', period: FINE })],
      width: HALF,
      height: HEIGHT,
    }),
  ];
}

function machineRow({ machine, deadLetters }: PipelineDashboardProps): IWidget[] {
  const sum = { statistic: 'Sum', period: NIGHT };
  return [
    new GraphWidget({
      title: 'Executions of the machine',
      view: GraphWidgetView.BAR,
      left: [
        machine.metricStarted(sum),
        machine.metricSucceeded(sum),
        machine.metricFailed(sum),
        machine.metricTimedOut(sum),
        machine.metricAborted(sum),
      ],
      width: HALF,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Dead letters',
      left: [deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: FINE })],
      width: HALF,
      height: HEIGHT,
    }),
  ];
}
