import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, dieEverywhere, type Station, walk } from '../support/fault-walk.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { MemoryTable } from '../support/memory-table.ts';
import { MortalPorts, STORE_METHODS, TABLE_METHODS } from '../support/mortal-ports.ts';
import { Crash, emptyPlaces, memoryDeps } from '../support/run-in-memory.ts';

/** A night of all feeds and a rollback here; every command, every kind of home and both sides of every write in test/deep. */
const DYING = ['a night', 'a rollback'];

describe('a process that dies right after one of its writes', () => {
  let stations: Station[];
  beforeAll(async () => {
    stations = await walk(false);
  });

  it('writes all that the drills mean', () => {
    const all = stations.flatMap(({ writes }) => writes).join('\n');
    for (const part of [
      '/ledger/',
      '/books/',
      '/index/',
      'quarantine/',
      'pii/',
      'erasures/',
      'rewrite',
      '/scores/',
      '/transitions/',
      '/latest.json',
      'CURRENT -',
    ]) {
      expect(all).toContain(part);
    }
    for (const { name, before, after } of stations) expect({ name, after }).not.toEqual({ name, after: before });
    expect(stations.map(({ name }) => name)).toEqual(COMMANDS.map(([name]) => name));
  });

  it.each(DYING)('in %s: shows nothing too early, and the next start ends as if it had lived', async (command) => {
    const station = stations.find(({ name }) => name === command) as Station;
    expect(station.writes.length).toBeGreaterThan(15);
    expect(await dieEverywhere(station, 'after', false)).toEqual([]);
  });
});

describe('MortalPorts', () => {
  const methodsOf = (prototype: object) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
      typeof value === 'function' && name !== 'constructor' ? [name] : [],
    );

  it('knows every method of the ports', () => {
    const own = ['copy', 'keys', 'peek'];
    expect(Object.keys(STORE_METHODS).sort()).toEqual(
      methodsOf(MemoryStore.prototype)
        .filter((name) => !own.includes(name))
        .sort(),
    );
    expect(Object.keys(TABLE_METHODS).sort()).toEqual(
      methodsOf(MemoryTable.prototype)
        .filter((name) => !own.includes(name))
        .sort(),
    );
  });

  it('lets nothing be read or written after the death', async () => {
    const places = emptyPlaces();
    const ports = new MortalPorts({ nth: 2, when: 'after' });
    const deps = ports.wrap(memoryDeps(places));
    await deps.lake.create('a', new Uint8Array(1));
    await expect(deps.runs.put({ pk: 'a', sk: 'b' })).rejects.toThrow(Crash);
    await expect(deps.profiles.writeBatch([{ put: { customer_id: 'a' } }])).rejects.toThrow(Crash);
    expect(() => deps.lake.get('a')).toThrow(Crash);
    expect(ports.writes).toEqual(['lake create a', 'runs put a b']);
    expect(await places.runs.get({ pk: 'a', sk: 'b' })).toEqual({ pk: 'a', sk: 'b' });
    expect(await places.profiles.get({ customer_id: 'a' })).toBeUndefined();
  });
});
