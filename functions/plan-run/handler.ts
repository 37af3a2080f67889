import { planned, runRef } from '../../lib/run/contracts.ts';
import { planRun } from '../../lib/run/plan-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step plan-run: see `lib/run/plan-run.ts`. */
export const handler = stepHandler({ step: 'plan-run', input: runRef, output: planned, holdsLease: true, run: planRun });
