import { batchTask, counts } from '../../lib/run/contracts.ts';
import { ingestDrop } from '../../lib/run/ingest-drop.ts';
import { stepHandler } from '../_shared/handler-stack.ts';

/** Lambda of the step ingest-drop: see `lib/run/ingest-drop.ts`. */
export const handler = stepHandler({ step: 'ingest-drop', input: batchTask, output: counts, holdsLease: true, run: ingestDrop });
