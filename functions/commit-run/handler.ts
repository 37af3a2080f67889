import { commitRun } from '../../lib/run/commit-run.ts';
import { counts, runRef } from '../../lib/run/contracts.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step commit-run: see `lib/run/commit-run.ts`. */
export const handler = stepHandler({ step: 'commit-run', input: runRef, output: counts, holdsLease: true, run: commitRun });
