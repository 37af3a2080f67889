import { counts, publicationTask } from '../../lib/run/contracts.ts';
import { publishSegments } from '../../lib/run/publish-segments.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step publish-segments: see `lib/run/publish-segments.ts`. */
export const handler = stepHandler({
  step: 'publish-segments',
  input: publicationTask,
  output: counts,
  holdsLease: true,
  run: publishSegments,
});
