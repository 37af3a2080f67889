import { completeTask, counts } from '../../lib/run/contracts.ts';
import { requireComplete } from '../../lib/run/require-complete.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step require-complete: see `lib/run/require-complete.ts`. */
export const handler = stepHandler({
  step: 'require-complete',
  input: completeTask,
  output: counts,
  holdsLease: true,
  run: requireComplete,
});
