import type { PerennialConfig } from './config.ts';
import { canonicalJson } from './load.ts';

/** One key of which two configurations have different values. */
export interface ConfigChange {
  /** Path such as `stages.decliningQ`; an item of a list that has ids is named by its id: `segments.best_at_risk.where`. */
  readonly key: string;
  /** JSON; null where the key is not there. */
  readonly before: string | null;
  readonly now: string | null;
}

/** What differs between two configurations, key by key, in the order of the keys. */
export function configChanges(before: PerennialConfig, now: PerennialConfig): ConfigChange[] {
  return [...changesBelow('', before, now)];
}

function* changesBelow(path: string, before: unknown, now: unknown): Generator<ConfigChange> {
  const [old, wanted] = [partsOf(before), partsOf(now)];
  if (old && wanted) {
    for (const name of new Set([...old.keys(), ...wanted.keys()])) {
      yield* changesBelow(path === '' ? name : `${path}.${name}`, old.get(name), wanted.get(name));
    }
    const [order, wantedOrder] = [orderOf(before, wanted), orderOf(now, old)];
    if (order !== wantedOrder) yield { key: path, before: order, now: wantedOrder };
    return;
  }
  const [a, b] = [textOf(before), textOf(now)];
  if (a !== b) yield { key: path, before: a, now: b };
}

/** The parts of a section by key, or of a list of items with ids by id; undefined of a value that is compared whole. */
function partsOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return isIdList(value) ? new Map(value.map((item) => [item.id, item])) : undefined;
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

const isIdList = (list: readonly unknown[]): list is readonly { id: string }[] =>
  list.length > 0 && list.every((item) => typeof (item as { id?: unknown } | null)?.id === 'string');

/** The order of the ids that another list has too; '' of what is no list. */
function orderOf(value: unknown, others: ReadonlyMap<string, unknown>): string {
  if (!Array.isArray(value) || !isIdList(value)) return '';
  return canonicalJson(value.map(({ id }) => id).filter((id) => others.has(id)));
}

const textOf = (value: unknown): string | null => (value === undefined ? null : canonicalJson(value));
