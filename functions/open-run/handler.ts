import { opened, openTask } from '../../lib/run/contracts.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { stepHandler } from '../_shared/handler-stack.ts';
import { openedMeasures } from '../_shared/measures.ts';

/** Lambda of the step open-run: see `lib/run/open-run.ts`. */
export const handler = stepHandler({
  step: 'open-run',
  input: openTask,
  output: opened,
  holdsLease: false,
  run: openRun,
  measure: openedMeasures,
});
