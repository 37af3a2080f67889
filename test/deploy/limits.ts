/** How long parts of the check may take, from the time of the whole. On two free cores each needs a tenth of it. */
export interface Limits {
  readonly wholeMs: number;
  /** One call of the CDK: a hanging custom resource would keep it for ever. */
  readonly cdkMs: number;
  /** One command of the product. */
  readonly commandMs: number;
  /** One execution of the machine. */
  readonly executionMs: number;
}

const MINUTE_MS = 60_000;

/** @param minutes time of the whole check */
export function limitsOf(minutes: number): Limits {
  const wholeMs = minutes * MINUTE_MS;
  return { wholeMs, cdkMs: wholeMs / 3, commandMs: wholeMs / 2, executionMs: wholeMs / 2 };
}
