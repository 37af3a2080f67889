import { Duration, TimeZone } from 'aws-cdk-lib';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ConfigError } from '../../lib/errors.ts';
import { isTimeZone } from '../../lib/time.ts';

/** 23 h: the deadline of a night is over before the next night starts, also on the day that has 23 hours. */
const MAX_DEADLINE_MINUTES = 1380;

/** When the nightly run starts. */
export interface NightlyScheduleOptions {
  /**
   * Hour of the day in `timeZone`. A wall-clock time that daylight saving skips is skipped by EventBridge too, so keep away
   * from 01:00 to 03:00.
   *
   * @default 4
   */
  readonly hour?: number;
  /** @default 30 */
  readonly minute?: number;
  /** IANA name. @default - the time zone of the scoring configuration */
  readonly timeZone?: string;
  /** @default true */
  readonly enabled?: boolean;
  /**
   * Minutes after the start by which a run must be open; later the alarm night-overdue is raised. At most 23 hours, so that one
   * night's deadline passes before the next night's start.
   *
   * @default 120
   */
  readonly deadlineMinutes?: number;
}

/** The nightly start with every default filled. */
export interface NightlyStart {
  readonly hour: number;
  readonly minute: number;
  /** IANA name. */
  readonly timeZone: string;
  readonly isEnabled: boolean;
  readonly deadlineMinutes: number;
}

/** What a schedule needs beside its options. */
export interface NightlyScheduleProps {
  readonly machine: IStateMachine;
  readonly options: NightlyScheduleOptions;
  readonly defaultTimeZone: string;
}

/** Starts the machine every night at a wall-clock time; a start that cannot be delivered ends in `deadLetters`. */
export class NightlySchedule extends Construct {
  readonly start: NightlyStart;
  /** Starts that EventBridge gave up on; other deliveries of the pipeline that failed come here too. */
  readonly deadLetters: Queue;

  /** @throws ConfigError when the time zone is unknown, or the deadline is not before the next start */
  constructor(scope: Construct, id: string, { machine, options, defaultTimeZone }: NightlyScheduleProps) {
    super(scope, id);
    const timeZone = options.timeZone ?? defaultTimeZone;
    if (!isTimeZone(timeZone)) {
      throw new ConfigError(`Schedule: unknown time zone ${timeZone}, expected an IANA name such as Asia/Shanghai. Correct it.`);
    }
    const { hour = 4, minute = 30, enabled: isEnabled = true, deadlineMinutes = 120 } = options;
    if (deadlineMinutes < 1 || deadlineMinutes > MAX_DEADLINE_MINUTES) {
      throw new ConfigError(
        `Schedule: deadlineMinutes ${deadlineMinutes}, expected 1 to ${MAX_DEADLINE_MINUTES}, before the next start. Correct it.`,
      );
    }
    this.start = { hour, minute, timeZone, isEnabled, deadlineMinutes };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      retentionPeriod: Duration.days(14),
    });
    new Schedule(this, 'Nightly', {
      description: 'Perennial: the nightly run',
      enabled: isEnabled,
      schedule: ScheduleExpression.cron({
        minute: String(minute),
        hour: String(hour),
        timeZone: TimeZone.of(timeZone),
      }),
      // A window would only spread load, and blur by when the scores should be there.
      timeWindow: TimeWindow.off(),
      target: new StepFunctionsStartExecution(machine, {
        // Delivery is at least once; open-run makes one run of two starts.
        input: ScheduleTargetInput.fromObject({ waitForDrop: true, scheduledTime: ContextAttribute.scheduledTime }),
        retryAttempts: 10,
        // A start that is 6 h late still has the working day before it; later ones are for a person to decide.
        maxEventAge: Duration.hours(6),
        deadLetterQueue: this.deadLetters,
      }),
    });
  }
}
