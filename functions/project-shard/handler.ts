import { counts, shardTask } from '../../lib/run/contracts.ts';
import { projectShard } from '../../lib/run/project-shard.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step project-shard: see `lib/run/project-shard.ts`. */
export const handler = stepHandler({
  step: 'project-shard',
  input: shardTask,
  output: counts,
  holdsLease: true,
  run: projectShard,
});
