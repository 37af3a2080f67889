import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { RETRYABLE } from '../../lib/errors.ts';
import { LEASE_ERRORS, PLATFORM_ERRORS, THROTTLE_ERRORS, TIMEOUT_ERRORS } from './error-names.ts';

/**
 * When Step Functions tries a task again. Retriers are tried in order and match error names by exact string; each counts
 * its own attempts, and every attempt is a billed transition. Full jitter draws each wait between 0 and the value below.
 */

type OwnError = (typeof RETRYABLE)[number];

/** How one of our own retryable errors is retried; a name added to `RETRYABLE` must get a policy here to compile. */
const OWN_POLICIES: Record<OwnError, Omit<RetryProps, 'errors'>> = {
  // 2 + 4 + 8 + 16 + 32 + 60 s = at most 2 min: longer than an S3 prefix needs to split after SlowDown.
  TransientDependencyError: {
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxAttempts: 6,
    maxDelay: Duration.seconds(60),
    jitterStrategy: JitterType.FULL,
  },
  // 5 + 10 + 20 + 40 + 80 + 3 x 120 s = at most 8.6 min: on-demand tables take minutes to double their capacity.
  ThrottledWriteError: {
    interval: Duration.seconds(5),
    backoffRate: 2,
    maxAttempts: 8,
    maxDelay: Duration.seconds(120),
    jitterStrategy: JitterType.FULL,
  },
};

/** Lambda itself failed: 2 + 4 + 8 + 16 + 32 + 60 s = at most 2 min. */
const PLATFORM: RetryProps = {
  errors: [...PLATFORM_ERRORS],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 6,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
};

/** No free concurrency: 5 + 10 + 20 + 40 + 80 + 5 x 120 s = at most 12.6 min, until items that run now have ended. */
const THROTTLED: RetryProps = {
  errors: [...THROTTLE_ERRORS],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxAttempts: 10,
  maxDelay: Duration.seconds(120),
  jitterStrategy: JitterType.FULL,
};

/** Cut short by time or memory: once more after 10 s; a second time would only cost another 16 min. */
const CUT_SHORT: RetryProps = {
  errors: [...TIMEOUT_ERRORS],
  interval: Duration.seconds(10),
  backoffRate: 1,
  maxAttempts: 1,
};

/**
 * Another run holds the lease: every 60 s for 60 tries = 1 h, three leases of 20 min. A missing drop is not here: with
 * `waitForDrop` open-run answers `wait`, without it the caller wants to know at once.
 */
const LEASE_HELD: RetryProps = {
  errors: [...LEASE_ERRORS],
  interval: Duration.seconds(60),
  backoffRate: 1,
  maxAttempts: 60,
};

/** Retriers of every task, in the order in which Step Functions tries them. */
export const TASK_RETRIES: readonly RetryProps[] = [
  ...RETRYABLE.map((name) => ({ errors: [name], ...OWN_POLICIES[name] })),
  PLATFORM,
  THROTTLED,
  CUT_SHORT,
];

/** Retriers of open-run: those of every task and the wait for the lease. */
export const OPEN_RUN_RETRIES: readonly RetryProps[] = [...TASK_RETRIES, LEASE_HELD];
