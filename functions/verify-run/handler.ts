import { counts, runRef } from '../../lib/run/contracts.ts';
import { verifyRun } from '../../lib/run/verify-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step verify-run: see `lib/run/verify-run.ts`. */
export const handler = stepHandler({ step: 'verify-run', input: runRef, output: counts, holdsLease: true, run: verifyRun });
