/**
 * Every error that may cross a module edge. Step Functions matches error names by exact string and Lambda reports
 * `error.name`, so each class sets a literal `name` (a minified bundle keeps a literal, not a class name).
 *
 * Message form: `<what> <key>: <observed>, expected <expected>. <next step>`.
 */
abstract class PerennialError extends Error {
  /** True for an operator's error: the command line prints its message alone, without a stack. */
  readonly expected: boolean = true;
}

/** A dependency failed after its own client's retries (5xx, socket, SlowDown). */
export class TransientDependencyError extends PerennialError {
  override readonly name = 'TransientDependencyError';
}

/** Items were left unprocessed when the time budget of a write ended. */
export class ThrottledWriteError extends PerennialError {
  override readonly name = 'ThrottledWriteError';
}

/** The folder or the marker of a date is missing. */
export class DropNotReadyError extends PerennialError {
  override readonly name = 'DropNotReadyError';
}

/** Another live run holds the lease, or another process holds the home. */
export class LockHeldError extends PerennialError {
  override readonly name = 'LockHeldError';
}

/** A drop cannot be read as promised: empty file, missing column, cut gzip, not one row that passes. */
export class InvalidDropError extends PerennialError {
  override readonly name = 'InvalidDropError';
}

/** A value between two steps, or a stored file, has another shape than this code reads. */
export class ContractMismatchError extends PerennialError {
  override readonly name = 'ContractMismatchError';
}

/** A gate of severity error was breached: the run is held for approval. */
export class DataQualityGateError extends PerennialError {
  override readonly name = 'DataQualityGateError';
}

/** The lease or the committed pointer moved on to another run. */
export class RunSupersededError extends PerennialError {
  override readonly name = 'RunSupersededError';
}

/** The configuration, the environment or an option is wrong. */
export class ConfigError extends PerennialError {
  override readonly name = 'ConfigError';
}

/** What was asked cannot be asked: dates in the wrong order, a gap after the head. */
export class UsageError extends PerennialError {
  override readonly name = 'UsageError';
}

/** A planned output of a Map is missing and no recorded error tells why. */
export class ShardFailedError extends PerennialError {
  override readonly name = 'ShardFailedError';
}

/** A state that the code rules out: always a bug. */
export class InvariantBrokenError extends PerennialError {
  override readonly name = 'InvariantBrokenError';
  override readonly expected = false;
}

/** Names that Step Functions retries after seconds. */
export const RETRYABLE = ['TransientDependencyError', 'ThrottledWriteError'] as const;

/** Names that Step Functions retries after minutes, where the scheduler may wait. */
export const RETRYABLE_SLOW = ['DropNotReadyError', 'LockHeldError'] as const;

/** Names that no retry can help, gravest first: the order in which `require-complete` picks one of several. */
export const PERMANENT = [
  'InvariantBrokenError',
  'RunSupersededError',
  'UsageError',
  'ConfigError',
  'ContractMismatchError',
  'InvalidDropError',
  'DataQualityGateError',
  'ShardFailedError',
] as const;

/** Any name that this taxonomy knows. */
export type ErrorName = (typeof RETRYABLE)[number] | (typeof RETRYABLE_SLOW)[number] | (typeof PERMANENT)[number];

const CLASSES: Record<ErrorName, new (message: string, options?: ErrorOptions) => Error> = {
  TransientDependencyError,
  ThrottledWriteError,
  DropNotReadyError,
  LockHeldError,
  InvalidDropError,
  ContractMismatchError,
  DataQualityGateError,
  RunSupersededError,
  ConfigError,
  UsageError,
  ShardFailedError,
  InvariantBrokenError,
};

/** An error of the taxonomy by its name; a name outside it becomes `ShardFailedError` with the name in the message. */
export function errorOfName(name: string, message: string, options?: ErrorOptions): Error {
  const known = CLASSES[name as ErrorName];
  return known ? new known(message, options) : new ShardFailedError(`${name}: ${message}`, options);
}

/** True when the message alone tells an operator what to do. */
export function isExpected(error: unknown): error is PerennialError {
  return error instanceof PerennialError && error.expected;
}
