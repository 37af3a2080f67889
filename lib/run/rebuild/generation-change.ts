import type { PerennialConfig } from '../../config/config.ts';
import { generationTraits, hashJson, scoringHash } from '../../config/load.ts';

/** What a new generation is made from: `ledger` = the facts as they were taken, `drops` = the files themselves, read anew. */
export type RebuildSource = 'ledger' | 'drops';

/** One thing that a rebuild changes. */
export interface GenerationChange {
  readonly name: 'timeZone' | 'currency' | 'mapping' | 'shards' | 'scoring';
  /** Texts for people; '' where there is no short one. */
  readonly before: string;
  readonly now: string;
  /** True when facts in the ledger mean something else under it, so that the drops have to be read again. */
  readonly needsDrops: boolean;
}

/** What differs between two configurations and matters for a generation. */
export function generationChanges(before: PerennialConfig, now: PerennialConfig): GenerationChange[] {
  const changes: GenerationChange[] = [];
  const [old, wanted] = [generationTraits(before), generationTraits(now)];
  for (const name of ['timeZone', 'currency', 'shards'] as const) {
    if (old[name] === wanted[name]) continue;
    changes.push({ name, before: `${old[name]}`, now: `${wanted[name]}`, needsDrops: name !== 'shards' });
  }
  if (factMapping(before) !== factMapping(now)) changes.push({ name: 'mapping', before: '', now: '', needsDrops: true });
  // Time zone and currency are part of the scoring sections, and told already.
  const { timeZone, currency } = before;
  if (scoringHash(before) !== scoringHash({ ...now, timeZone, currency })) {
    changes.push({ name: 'scoring', before: '', now: '', needsDrops: false });
  }
  return changes;
}

/** Hash of how the files of facts are read. Erasures are never read again: their tombstones stand. */
function factMapping({ mapping }: PerennialConfig): string {
  return hashJson({ ...mapping, erasures: undefined });
}

/** What a rebuild has to be made from. @param isAsked true when the drops were asked for */
export function rebuildSource(changes: readonly GenerationChange[], isAsked: boolean): RebuildSource {
  return isAsked || changes.some(({ needsDrops }) => needsDrops) ? 'drops' : 'ledger';
}
