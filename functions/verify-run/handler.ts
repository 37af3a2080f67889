import { counts, runRef } from '../../lib/run/contracts.ts';
import { unreadableShare } from '../../lib/run/unreadable-share.ts';
import { verifyRun } from '../../lib/run/verify-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Errors of a run that close-run never counts, though its rows were read: it is held, or none of them was accepted. */
const JUDGED: readonly string[] = ['DataQualityGateError', 'InvalidDropError'];

/** Lambda of the step verify-run: see `lib/run/verify-run.ts`. */
export const handler = stepHandler({
  step: 'verify-run',
  input: runRef,
  output: counts,
  holdsLease: true,
  run: verifyRun,
  measureError: async ({ name }, run, deps) =>
    JUDGED.includes(name) ? { QuarantineShare: await unreadableShare(run, deps) } : {},
});
