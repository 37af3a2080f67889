import { watched, watchNight, watchTask } from '../../lib/run/watch-night.ts';
import { stepHandler } from '../_shared/handler-stack.ts';
import { watchedMeasures } from '../_shared/measures.ts';

/** Lambda of the watch over the deadline, which is no step of the machine: see `lib/run/watch-night.ts`. */
export const handler = stepHandler({
  step: 'watch-night',
  input: watchTask,
  output: watched,
  holdsLease: false,
  run: watchNight,
  measure: (_, seen) => watchedMeasures(seen),
});
