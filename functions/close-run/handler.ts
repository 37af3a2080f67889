import { closeRun } from '../../lib/run/close-run.ts';
import { counts, runRef } from '../../lib/run/contracts.ts';
import { stepHandler } from '../_shared/handler-stack.ts';
import { closedMeasures } from '../_shared/measures.ts';

/** Lambda of the step close-run: see `lib/run/close-run.ts`. */
export const handler = stepHandler({
  step: 'close-run',
  input: runRef,
  output: counts,
  holdsLease: true,
  run: closeRun,
  measure: (_, counted) => closedMeasures(counted),
});
