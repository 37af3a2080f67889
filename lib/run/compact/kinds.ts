import { formatOf } from '../../drop/file-format.ts';
import { DROP_MARKERS, FEEDS } from '../../keys.ts';
import type { Place, Unit } from './change.ts';
import { planDrop } from './drops.ts';
import { planLedger } from './facts.ts';
import { planPublication } from './publication.ts';
import { planQuarantine } from './quarantine.ts';
import { planBook, planIdentifiers, planIndexMonth, planScores, planTransitions } from './results.ts';
import { planIdless, planUnknown } from './unknown.ts';

/** A kind of object: the keys of it, which of them belong together, and who rewrites them. */
interface Kind {
  readonly name: string;
  readonly place: Place;
  readonly pattern: RegExp;
  /** What keys of one unit share: the groups of the pattern, joined. */
  readonly plan: Unit['plan'];
}

const kind = (name: string, place: Place, pattern: RegExp, plan: Unit['plan']): Kind => ({ name, place, pattern, plan });

/** Objects that hold keyed hashes or secrets of erasures, never an id; the content of Parquet twins of aggregates holds none either. */
const nothing: Unit['plan'] = () => Promise.resolve([]);

const DATED = 'dt=[^/]+/run=[^/]+';

/**
 * Every kind of object of the lake and the exports (lib/keys.ts), in the order in which they are looked for. Groups of a pattern
 * tell which objects are one unit.
 */
const KINDS: readonly Kind[] = [
  kind('drop', 'lake', /^(drops\/dt=\d{4}-\d{2}-\d{2})\/.+$/, planDrop),
  kind('ledger', 'lake', /^(?:pii\/)?(g=\d+\/ledger\/known=[^/]+\/shard=\d+\/[^/]+)\.arrow$/, planLedger),
  kind('ledger', 'lake', /^(g=\d+\/ledger\/known=[^/]+\/(?:rates)\/[^/]+)\.arrow$/, nothing),
  kind('ledger list', 'lake', /^(g=\d+\/ledger\/known=[^/]+\/run=[^/]+\.json)$/, planIdless),
  kind('identifiers', 'lake', new RegExp(`^(pii/g=\\d+/snapshots/${DATED}/shard=\\d+)\\.arrow$`), planIdentifiers),
  kind('book', 'lake', new RegExp(`^(g=\\d+)/books/(${DATED}/shard=\\d+)/[^/]+\\.arrow$`), planBook),
  kind('book', 'lake', new RegExp(`^(g=\\d+)/state/(${DATED}/shard=\\d+)\\.arrow$`), planBook),
  kind('scores', 'lake', new RegExp(`^(g=\\d+)/(?:scores|membership)/(${DATED}/shard=\\d+)\\.(?:arrow|parquet)$`), planScores),
  kind('transitions', 'lake', new RegExp(`^(g=\\d+)/transitions/(${DATED}/shard=\\d+)\\.(?:arrow|parquet)$`), planTransitions),
  kind('quarantine', 'lake', /^((?:pii\/)?quarantine\/.+\.jsonl\.gz)$/, planQuarantine),
  kind('index', 'lake', /^(g=\d+\/index\/month=[^/]+\/run=[^/]+\/shard=\d+\.arrow)$/, planIndexMonth),
  kind('aggregate', 'lake', /^(g=\d+\/(?:kpi|calibrations|epochs)\/.+\.json)$/, planIdless),
  kind('aggregate', 'lake', /^(g=\d+\/kpi\/.+\.parquet)$/, nothing),
  kind('run', 'lake', /^(runs\/[^/]+\/.+\.json)$/, planIdless),
  kind('run', 'lake', /^(runs\/[^/]+\/summaries\/epoch-rows\/.+\.arrow)$/, nothing),
  kind('config', 'lake', /^(config\/(?:[0-9a-f]{64}|current)\.json)$/, planIdless),
  kind('erasures', 'lake', /^(erasures\/(?:secret\.json|known=[^/]+\/[^/]+\.arrow|compacted\/[^/]+\.json))$/, nothing),
  kind('export', 'exports', /^(v1\/segment=[^/]+\/destination=[^/]+\/dt=[^/]+\/run=[^/]+)\/[^/]+$/, planPublication),
  kind('export', 'exports', /^(v1\/segment=[^/]+\/destination=[^/]+\/latest\.json)$/, planIdless),
];

/** Order of planning: what names the ids first, then what is searched for them, then the index, which knows hashes alone. */
const ROUNDS = ['known', 'unknown', 'index'] as const;

const roundOf = ({ kind: name }: Unit): number => ROUNDS.indexOf(name === 'unknown' || name === 'index' ? name : 'known');

/** The objects of a place as units, in the order in which they are to be planned. */
export function unitsOf(place: Place, keys: readonly string[]): Unit[] {
  const units = new Map<string, { kind: Kind; keys: string[] }>();
  for (const key of keys) {
    const found = isStray(place, key)
      ? undefined
      : KINDS.find((candidate) => candidate.place === place && candidate.pattern.test(key));
    const shared = found?.pattern.exec(key)?.slice(1).join('/') ?? key;
    const name = `${found?.name ?? 'unknown'} ${shared}`;
    const unit = units.get(name) ?? { kind: found ?? kind('unknown', place, /./, planUnknown), keys: [] };
    unit.keys.push(key);
    units.set(name, unit);
  }
  const all = [...units.values()].map((unit) => ({ place, keys: unit.keys, kind: unit.kind.name, plan: unit.kind.plan }));
  return all.sort((a, b) => roundOf(a) - roundOf(b));
}

/** A file of a drop that no run reads. */
function isStray(place: Place, key: string): boolean {
  if (place !== 'lake' || !key.startsWith('drops/')) return false;
  const [, , feed = '', ...rest] = key.split('/');
  if (rest.length === 0) return !(DROP_MARKERS as readonly string[]).includes(feed);
  return !(FEEDS as readonly string[]).includes(feed) || formatOf(rest.at(-1) as string) === undefined;
}

/** Order of planning across places. */
export const inOrder = (units: readonly Unit[]): Unit[] => [...units].sort((a, b) => roundOf(a) - roundOf(b));
