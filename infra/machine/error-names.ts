import { RETRYABLE_SLOW } from '../../lib/errors.ts';

/**
 * Error names that are not ours but end in a Retry list, each with where it comes from. Our own names are in
 * `lib/errors.ts`. Step Functions matches by exact string, so every name is listed.
 */

/** Failures of the Lambda service or of Step Functions' client of it. */
export const PLATFORM_ERRORS = [
  'Lambda.ServiceException', // 500 of the Invoke API
  'Lambda.AWSLambdaException', // the same, as older parts of the service name it
  'Lambda.SdkClientException', // Step Functions could not reach Lambda
  'Lambda.ClientExecutionTimeoutException', // Step Functions gave up waiting for Lambda's answer
] as const;

/** No concurrency left for the function or the account. */
export const THROTTLE_ERRORS = ['Lambda.TooManyRequestsException'] as const;

/** The attempt was cut short by time or memory. */
export const TIMEOUT_ERRORS = [
  'TimeoutError', // thrown by the handler stack shortly before Lambda's limit
  'Sandbox.Timedout', // Lambda's limit itself
  'Lambda.Unknown', // out of memory, or the sandbox died without an answer
  'States.Timeout', // TimeoutSeconds of the task
] as const;

/** Slow errors that a retry of open-run can help: the lease is held. A missing drop is waited for by a Wait state instead. */
export const LEASE_ERRORS = RETRYABLE_SLOW.filter((name) => name !== 'DropNotReadyError');
