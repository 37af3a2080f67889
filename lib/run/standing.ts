import { hash } from 'node:crypto';
import { type ByteColumn, textAt } from '../arrow/columns.ts';
import type { Standing } from '../segment/holdout.ts';

/**
 * Where the customers of a column stand in segments: the first 32 bits of SHA-256 of `<segment id>/<customer id>`, so that any
 * warehouse can tell who is held out (docs/data-contract.md, Exports).
 */
export function standingOf(ids: ByteColumn): Standing {
  return (segment, row) => Number.parseInt(hash('sha256', `${segment}/${textAt(ids, row)}`).slice(0, 8), 16);
}
