import { counts, shardTask } from '../../lib/run/contracts.ts';
import { foldShard } from '../../lib/run/fold-shard.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step fold-shard: see `lib/run/fold-shard.ts`. */
export const handler = stepHandler({ step: 'fold-shard', input: shardTask, output: counts, holdsLease: true, run: foldShard });
