import { beforeAll, describe, expect, it } from 'vitest';
import { configChanges } from '../../../lib/config/config-changes.ts';
import { configHash, parseConfig } from '../../../lib/config/load.ts';
import { ConfigError, ContractMismatchError, RunSupersededError } from '../../../lib/errors.ts';
import { lakeKeys } from '../../../lib/keys.ts';
import { configInForce } from '../../../lib/run/config-in-force.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { configOfDate, putConfig, resetConfig } from '../../../lib/run/put-config.ts';
import { askedConfig, configOfRun } from '../../../lib/run/rebuild/asked-config.ts';
import { findCurrent } from '../../../lib/run/run-ledger.ts';
import type { BusinessDate } from '../../../lib/time.ts';
import type { MemoryStore } from '../../support/memory-store.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

const NONE = { configText: '', deployedConfigText: '' };
const text = (value: unknown) => JSON.stringify(value);
const loyal = (days: number) => ({ ...SMALL_SHOP_CONFIG, stages: { loyalPurchaseDays: days } });

describe('the configuration in force', () => {
  it('is an explicit file before what was put, before what was deployed, before every default', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, { ...NONE });
    const all = { ...deps, configText: text(loyal(6)), deployedConfigText: text(loyal(7)) };
    const found = async (sources: RunDeps) => {
      const { origin, config } = await configInForce(sources);
      return [origin, config.stages.loyalPurchaseDays];
    };
    expect(await found(deps)).toEqual(['defaults', 4]);
    expect(await found({ ...all, configText: '' })).toEqual(['deployed', 7]);
    await putConfig(deps, text(loyal(5)), 'a.json');
    expect(await found({ ...all, configText: '' })).toEqual(['put', 5]);
    expect(await found(all)).toEqual(['file', 6]);
  });

  it('is an error when it is wrong, never a weaker one in its place', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, { ...NONE, deployedConfigText: text(loyal(7)) });
    await expect(configInForce({ ...deps, configText: '{' })).rejects.toThrow(ConfigError);
    await deps.lake.replace(lakeKeys.configPointer, Buffer.from(text({ sha256: 'a'.repeat(64), putAt: '' })), null);
    await expect(configInForce(deps)).rejects.toThrow(ContractMismatchError);
    // A better one can be put all the same.
    expect((await putConfig(deps, text(loyal(5)), 'a.json')).former).toBe('unreadable');
    expect((await configInForce(deps)).origin).toBe('put');
  });

  it('is put or reset anew over a pointer or a configuration that is damaged', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, NONE);
    const damage = async (key: string) => deps.lake.replace(key, Buffer.from('{bad'), (await deps.lake.stat(key))?.etag ?? null);
    await damage(lakeKeys.configPointer);
    expect(await putConfig(deps, text(loyal(5)), 'a.json')).toMatchObject({ isNew: true, former: 'unreadable' });
    await damage(lakeKeys.configPointer);
    expect(await resetConfig(deps)).toMatchObject({ isNew: true, origin: 'defaults' });
    await putConfig(deps, text(loyal(5)), 'a.json');
    for (const key of (deps.lake as MemoryStore).keys()) if (key !== lakeKeys.configPointer) await damage(key);
    await expect(configInForce(deps)).rejects.toThrow(ContractMismatchError);
    await putConfig(deps, text(loyal(5)), 'a.json');
    expect((await configInForce(deps)).config.stages.loyalPurchaseDays).toBe(5);
  });
});

describe('putConfig', () => {
  it('names every wrong key and writes nothing', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, NONE);
    const wrong = text({ currency: 'EURO', stage: {}, tiers: { highShare: 2 } });
    await expect(putConfig(deps, wrong, 'a.json')).rejects.toThrow(
      /^Configuration a\.json: "currency": .*"tiers\.highShare": .*"stage"/,
    );
    await expect(putConfig(deps, 'currency: EUR', 'a.json')).rejects.toThrow('expected JSON');
    expect((deps.lake as MemoryStore).keys()).toEqual([]);
  });

  it('says what changes key by key, that the same is put already, and goes back', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, { ...NONE, deployedConfigText: text(SMALL_SHOP_CONFIG) });
    const put = await putConfig(deps, text(loyal(5)), 'a.json');
    expect(put).toMatchObject({ isNew: true, former: 'deployed', origin: 'put', generation: [] });
    expect(put.sha256).toBe(configHash(await askedConfig(deps)));
    expect(put.changes).toEqual([{ key: 'stages.loyalPurchaseDays', before: '4', now: '5' }]);
    expect(await putConfig(deps, ` ${text(loyal(5))}`, 'b.json')).toMatchObject({
      isNew: false,
      sha256: put.sha256,
      changes: [],
    });
    expect(await resetConfig(deps)).toMatchObject({ isNew: true, key: null, origin: 'deployed' });
    expect(await resetConfig(deps)).toMatchObject({ isNew: false });
  });

  it('loses against another put at the same moment', async () => {
    const deps = memoryDeps(emptyPlaces(), {}, NONE);
    const lake = deps.lake;
    const late: RunDeps['lake'] = Object.assign(Object.create(lake) as typeof lake, {
      stat: async (key: string) => {
        const info = await lake.stat(key);
        if (key === lakeKeys.configPointer) await putConfig(deps, text(loyal(9)), 'first.json');
        return info;
      },
      get: (key: string) => lake.get(key),
      create: (key: string, bytes: Uint8Array) => lake.create(key, bytes),
      read: (key: string) => lake.read(key),
      replace: (key: string, bytes: Uint8Array, etag: string | null) => lake.replace(key, bytes, etag),
    });
    await expect(putConfig({ ...deps, lake: late }, text(loyal(5)), 'a.json')).rejects.toThrow(RunSupersededError);
    expect((await configInForce(deps)).config.stages.loyalPurchaseDays).toBe(9);
  });
});

describe('a night', () => {
  let first: MemoryPlaces;
  const depsOf = (places: MemoryPlaces) => memoryDeps(places, {}, { ...NONE, deployedConfigText: text(SMALL_SHOP_CONFIG) });
  const night = (deps: RunDeps, watch = {}) => runInMemory({ dropsUrl: 'memory:drops' }, deps, watch);
  const ofCurrent = async (deps: RunDeps) => configOfRun(deps, (await findCurrent(deps))?.runId as string);
  beforeAll(async () => {
    first = emptyPlaces(await smallShopDrops());
    await night(depsOf(first));
  });

  it('ends with the configuration that it began with; the next one takes what was put', async () => {
    const deps = depsOf(copyPlaces(first));
    let isPut = false;
    const before = async (step: string) => {
      if (step === 'score-shard' && !isPut) await putConfig(deps, text({ ...loyal(5), segments: undefined }), 'a.json');
      isPut ||= step === 'score-shard';
    };
    await night(deps, { before });
    expect((await ofCurrent(deps)).stages.loyalPurchaseDays).toBe(4);
    await night(deps);
    expect((await ofCurrent(deps)).stages.loyalPurchaseDays).toBe(5);
    expect((await ofCurrent(deps)).segments.length).toBeGreaterThan(1);
    const { config } = await configOfDate(deps, '2025-01-04' as BusinessDate);
    expect(config.stages.loyalPurchaseDays).toBe(4);
  });

  it('is refused when what was put is of another generation, until it is reset', async () => {
    const deps = depsOf(copyPlaces(first));
    const { generation } = await putConfig(deps, text({ ...SMALL_SHOP_CONFIG, currency: 'EUR' }), 'a.json');
    expect(generation).toMatchObject([{ name: 'currency', before: 'USD', now: 'EUR' }]);
    await expect(night(deps)).rejects.toThrow('Configuration currency: EUR, expected USD');
    await resetConfig(deps);
    expect(await night(deps)).toMatchObject({ decision: 'go', to: '2025-01-04' });
  });

  it('keeps the shards of the committed run when what was put names none', async () => {
    const deps = depsOf(copyPlaces(first));
    const { shards: _, ...unsaid } = SMALL_SHOP_CONFIG;
    expect((await putConfig(deps, text(unsaid), 'a.json')).changes).toEqual([]);
    expect((await askedConfig(deps)).shards).toBe(2);
  });
});

describe('configChanges', () => {
  it('names items of lists by their id, and their order', () => {
    const [a, b] = SMALL_SHOP_CONFIG.segments.flatMap((segment) => [segment, { ...segment, id: 'b', where: {} }]);
    const config = (segments: unknown) => parseConfig({ ...SMALL_SHOP_CONFIG, segments }, 'x');
    expect(configChanges(config([a, b]), config([b, a]))).toEqual([
      { key: 'segments', before: '["newcomers","b"]', now: '["b","newcomers"]' },
    ]);
    const changes = configChanges(config([a]), config([{ ...a, where: { tier: ['high'] } }, b]));
    expect(changes.map(({ key, before }) => [key, before])).toEqual([
      ['segments.newcomers.where.stage', '["new","growing"]'],
      ['segments.newcomers.where.tier', null],
      ['segments.b', null],
    ]);
  });
});
