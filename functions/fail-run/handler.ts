import { failed, failTask } from '../../lib/run/contracts.ts';
import { failRun } from '../../lib/run/fail-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step fail-run: see `lib/run/fail-run.ts`. */
export const handler = stepHandler({ step: 'fail-run', input: failTask, output: failed, holdsLease: false, run: failRun });
