import { RETRYABLE_SLOW } from '../../lib/errors.ts';

/**
 * Error names that are not ours but end in a Retry list, each with where it comes from. Our own names are in
 * `lib/errors.ts`. Step Functions matches by exact string, so every name is listed.
 */

/** Failures of the Lambda service or of Step Functions' client of it: the handler did not run, or nobody knows whether it did. */
export const PLATFORM_ERRORS = [
  'Lambda.ServiceException', // 500 of the Invoke API
  'Lambda.AWSLambdaException', // the same, as older parts of the service name it
  'Lambda.SdkClientException', // Step Functions could not reach Lambda
  'Lambda.ClientExecutionTimeoutException', // Step Functions gave up waiting for Lambda's answer
  'Lambda.ResourceConflictException', // the function is being updated by a deployment
  'Lambda.ResourceNotReadyException', // the function was idle for weeks and is made active again
] as const;

/** No concurrency left for the function or the account. */
export const THROTTLE_ERRORS = ['Lambda.TooManyRequestsException'] as const;

/**
 * The attempt was cut short by time or memory. Which name comes depends on who notices: the handler, the runtime, Lambda or
 * Step Functions. Not here are `Runtime.ImportModuleError`, `Runtime.HandlerNotFound`, `Runtime.UserCodeSyntaxError` (a broken
 * bundle) and `Runtime.UnhandledPromiseRejection` (a bug): nothing gets better by another attempt.
 */
export const TIMEOUT_ERRORS = [
  'TimeoutError', // thrown by the handler stack shortly before Lambda's limit
  'Sandbox.Timedout', // Lambda's limit itself: "Task timed out after 900.00 seconds"
  'Runtime.ExitError', // the process ended without an answer: "signal: killed" is out of memory, "signal: aborted" V8's heap
  'Runtime.OutOfMemory', // the same where Lambda itself saw the limit of memory
  'Lambda.Unknown', // either of them, where the answer has no error type
  'States.Timeout', // TimeoutSeconds of the task
] as const;

/** Slow errors that a retry of open-run can help: the lease is held. A missing drop is waited for by a Wait state instead. */
export const LEASE_ERRORS = RETRYABLE_SLOW.filter((name) => name !== 'DropNotReadyError');
