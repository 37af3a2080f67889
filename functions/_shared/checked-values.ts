import type * as z from 'zod';
import { explainIssues } from '../../lib/config/explain-issues.ts';
import { ContractMismatchError } from '../../lib/errors.ts';
import type { FunctionName } from './telemetry.ts';

/** An answer above this is a mistake: answers are pointers and counts. Step Functions' 256 KiB less 16 KiB for the rest of the state. */
const MAX_ANSWER_BYTES = 262_144 - 16_384;

/** The input of a function. @throws ContractMismatchError */
export function checkInput<I>(step: FunctionName, schema: z.ZodType<I>, event: unknown): I {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new ContractMismatchError(
    `Input of ${step}: ${explainIssues(parsed.error, event)}. The machine and the functions are of different versions; deploy both.`,
  );
}

/** The answer of a function. @throws ContractMismatchError, also for one that is too long */
export function checkAnswer<O>(step: FunctionName, schema: z.ZodType<O>, answer: unknown): O {
  const parsed = schema.safeParse(answer);
  if (!parsed.success)
    throw new ContractMismatchError(`Answer of ${step}: ${explainIssues(parsed.error, answer)}. Report this bug.`);
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > MAX_ANSWER_BYTES) {
    throw new ContractMismatchError(
      `Answer of ${step}: ${bytes} bytes, expected at most ${MAX_ANSWER_BYTES}. Use fewer shards or segments.`,
    );
  }
  return parsed.data;
}
