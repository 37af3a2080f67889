import { InvariantBrokenError } from '../../errors.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { overlayStore } from '../../store/overlay-store.ts';
import type { Table } from '../../store/tables.ts';
import type { RunDeps } from '../deps.ts';

/**
 * What the steps of a run reach the world through when nothing of it may change: stores are read through an overlay, and what is
 * written lies in `scratch` alone; tables can only be read; nobody is notified.
 */
export function replayDeps(deps: RunDeps, scratch: ObjectStore): RunDeps {
  return {
    ...deps,
    lake: overlayStore(scratch, deps.lake),
    exports: overlayStore(scratch, deps.exports),
    profiles: readOnly(deps.profiles),
    transitions: readOnly(deps.transitions),
    runs: readOnly(deps.runs),
    notifier: { notify: () => Promise.resolve() },
  };
}

/** A table that refuses to be written to. */
function readOnly(table: Table): Table {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new InvariantBrokenError(`Table ${table.name}: written to by a replay, expected reads alone. Report this bug.`),
    );
  return {
    name: table.name,
    get: (key) => table.get(key),
    query: (partition, options) => table.query(partition, options),
    scan: () => table.scan(),
    put: refuse,
    update: refuse,
    remove: refuse,
    writeBatch: refuse,
  };
}
