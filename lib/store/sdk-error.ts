import { ConfigError, InvariantBrokenError, isExpected, TransientDependencyError } from '../errors.ts';

/** Error names of AWS that mean "later": a retry with a pause helps. */
const THROTTLING = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'SlowDown',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Error names of AWS that an operator must see to: no retry helps. */
const OPERATOR = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'KMS.DisabledException',
  'KMS.KMSInvalidStateException',
  'KMS.NotFoundException',
  'NoSuchBucket',
  'NotFoundException',
  'PermanentRedirect',
  'ResourceNotFoundException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Error names, of AWS and of JavaScript, that mean that this code asked for something impossible. */
const BUG = new Set([
  'InvalidParameterException',
  'InvalidRequest',
  'KeyTooLongError',
  'RangeError',
  'ReferenceError',
  'SerializationException',
  'TypeError',
  'ValidationException',
]);

/** HTTP status of an SDK error; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

/** True for an SDK error of this name. */
export function hasName(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** True when AWS asks to slow down. */
export function isThrottling(error: unknown): boolean {
  return error instanceof Error && THROTTLING.has(error.name);
}

/**
 * The taxonomy's error for what an SDK call threw, `cause` kept; an error of the taxonomy passes unchanged.
 *
 * @param what      kind and name of what was asked, for example `Table profiles`; never content
 * @param operation operation of the service, for example `PutItem`
 */
export function fromSdk(error: unknown, what: string, operation: string): Error {
  if (isExpected(error) || error instanceof InvariantBrokenError) return error as Error;
  const name = error instanceof Error ? error.name : String(error);
  const status = statusOf(error);
  const seen = `${what}: ${operation} failed with ${name}${status === undefined ? '' : ` (HTTP ${status})`}, expected success.`;
  if (OPERATOR.has(name) || isRefusal(status, name)) {
    return new ConfigError(`${seen} Check that it exists and that the role or the credentials allow it.`, { cause: error });
  }
  if (BUG.has(name)) return new InvariantBrokenError(`${seen} Report this as a bug.`, { cause: error });
  return new TransientDependencyError(`${seen} Run the step again.`, { cause: error });
}

/** What HEAD answers has no body, and so no code: 301 means another region, and 400 an expired token among others. */
function isRefusal(status: number | undefined, name: string): boolean {
  return status === 401 || status === 403 || (name === 'Unknown' && (status === 301 || status === 400));
}

/** Milliseconds to wait before try `attempt` (from 1): full jitter below a bound that doubles up to `capMs`. */
export function backoffMs(attempt: number, firstMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, firstMs * 2 ** (attempt - 1));
}
