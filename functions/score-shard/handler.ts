import { counts, shardTask } from '../../lib/run/contracts.ts';
import { scoreShard } from '../../lib/run/score-shard.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step score-shard: see `lib/run/score-shard.ts`. */
export const handler = stepHandler({ step: 'score-shard', input: shardTask, output: counts, holdsLease: true, run: scoreShard });
