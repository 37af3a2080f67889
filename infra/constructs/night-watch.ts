import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { NightlyStart } from './nightly-schedule.ts';
import { PipelineFunction } from './pipeline-function.ts';

/** Between two looks. Short, so that a missing look is noticed soon and the alarm goes away soon after the night was opened. */
const LOOK_EVERY = Duration.minutes(15);

/** What the watch needs. */
export interface NightWatchProps {
  /** The nightly start that is watched over, with its deadline. */
  readonly start: NightlyStart;
  readonly deadLetters: IQueue;
  /** As of every function. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
}

/**
 * Looks every 15 minutes whether the last night whose deadline has passed was opened, and reports it as the metric NightOverdue
 * (docs/adr/0018). Paused with the nightly schedule.
 */
export class NightWatch extends Construct {
  readonly lambda: PipelineFunction;
  readonly schedule: Schedule;

  constructor(scope: Construct, id: string, props: NightWatchProps) {
    super(scope, id);
    const { hour, minute, timeZone, isEnabled, deadlineMinutes } = props.start;
    this.lambda = this.watchFunction(props);
    this.schedule = new Schedule(this, 'Looks', {
      description: 'Perennial: is there a run for the night?',
      enabled: isEnabled,
      schedule: ScheduleExpression.rate(LOOK_EVERY),
      timeWindow: TimeWindow.off(),
      target: new LambdaInvoke(this.lambda, {
        input: ScheduleTargetInput.fromObject({
          scheduledTime: ContextAttribute.scheduledTime,
          start: { hour, minute, timeZone },
          deadlineMinutes,
        }),
        // The next look does what one that could not be delivered would have done.
        retryAttempts: 2,
        maxEventAge: LOOK_EVERY,
        deadLetterQueue: props.deadLetters,
      }),
    });
  }

  private watchFunction({ environment, logRetention }: NightWatchProps): PipelineFunction {
    return new PipelineFunction(this, 'Function', {
      name: 'watch-night',
      // Three small reads; a minute is for an S3 or DynamoDB that has to be asked again.
      timeout: Duration.seconds(60),
      memorySize: 512,
      logRetention,
      environment,
    });
  }
}
