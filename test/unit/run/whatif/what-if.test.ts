import { beforeAll, describe, expect, it } from 'vitest';
import { drawPopulation } from '../../../../cli/generate/population.ts';
import { ConfigError, UsageError } from '../../../../lib/errors.ts';
import { lakeKeys } from '../../../../lib/keys.ts';
import type { Kpi } from '../../../../lib/report/kpi.ts';
import { readCalibration } from '../../../../lib/run/epoch-files.ts';
import { readJson } from '../../../../lib/run/json-objects.ts';
import { readPlan } from '../../../../lib/run/plan.ts';
import { findCurrent } from '../../../../lib/run/run-ledger.ts';
import { readScores } from '../../../../lib/run/score-files.ts';
import { planReplay } from '../../../../lib/run/whatif/plan-replay.ts';
import { type WhatIf, whatIf } from '../../../../lib/run/whatif/what-if.ts';
import type { ObjectStore } from '../../../../lib/store/objects.ts';
import type { Table } from '../../../../lib/store/tables.ts';
import { addDays, type BusinessDate, datesBetween } from '../../../../lib/time.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { historyConfig } from '../../../support/play-history.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';

/** A Wednesday. */
const FIRST = '2025-01-01' as BusinessDate;
const LAST_DAY = 20;
const on = (day: number) => addDays(FIRST, day) as BusinessDate;
const WORDS = { en: 'a', zh: '甲' };
const stages = { returnHorizonDays: 7, decliningSilenceDays: 2, churnedSilenceDays: 4, dwellNights: 2 };
const config = {
  ...historyConfig(2),
  epochs: { minRepeatCustomers: 20, minHistoryDays: 12, maxReturnErrorIncrease: 1, maxMovedShare: 1 },
  stages,
  segments: [
    { id: 'silent', name: WORDS, play: WORDS, where: { stage: ['declining', 'churned'] } },
    { id: 'good', name: WORDS, play: WORDS, where: { tier: ['high'] } },
  ],
};
/** Other thresholds of the stages. */
const impatient = {
  ...config,
  stages: { ...stages, decliningQ: 0.9, churnedQ: 0.9, churnedReturnProbability: 1, dwellNights: 1 },
};
/** The same stages, and another first pass. */
const nightly = { ...config, rfm: { cutPolicy: 'nightly' }, tiers: { highShare: 0.5, minNights: 0 } };

/** Buyers of whom many stop, some with identifiers; one is erased. */
async function drops(): Promise<MemoryStore> {
  const parameters = { r: 1.2, alpha: 3, a: 1, b: 3, p: 6, q: 4, v: 15 };
  const { sales } = drawPopulation({
    model: 'mbg-nbd',
    parameters,
    firstDay: 0,
    days: LAST_DAY + 1,
    customers: 80,
    seed: 8,
    exponent: 2,
  });
  const rows = Array.from({ length: LAST_DAY + 1 }, () => ['transaction_id,customer_id,occurred_at,amount,currency,type']);
  for (let i = 0; i < sales.count; i++) {
    const day = sales.day[i] as number;
    rows[day]?.push(`t${i},c${sales.customer[i]},${on(day)},${((sales.amountMinor[i] as number) / 100).toFixed(2)},USD,sale`);
  }
  const store = new MemoryStore('memory:drops');
  const put = (day: number, name: string, lines: readonly string[]) =>
    store.create(`dt=${on(day)}/${name}`, Buffer.from(`${lines.join('\n')}\n`));
  for (const [day, lines] of rows.entries()) await put(day, 'transactions/a.csv', lines);
  for (const day of [3, 19]) await put(day, 'customers/a.csv', ['customer_id,email', 'c1,c1@example.com', 'z,z@example.com']);
  await put(19, 'erasures/a.csv', ['customer_id,requested_at', 'c2,2025-01-19']);
  for (const day of rows.keys()) await store.create(`dt=${on(day)}/_SUCCESS`, Buffer.from(''));
  return store;
}

const run = (places: MemoryPlaces, using: object, from: number, to: number) =>
  runInMemory({ from: on(from), to: on(to), dropsUrl: places.drops.url }, memoryDeps(places, using));

const refuseAll = (what: string) => () => {
  throw new Error(`${what}: written to, expected reads alone.`);
};

/** A store that cannot be written to, and whose identifiers cannot be read. */
function frozen(store: ObjectStore): ObjectStore {
  const refuse = refuseAll(store.url);
  const read = (key: string) => {
    if (key.startsWith('pii/')) throw new Error(`${key}: read, expected that no identifier is.`);
    return key;
  };
  return {
    url: store.url,
    get: (key) => store.get(read(key)),
    read: (key) => store.read(read(key)),
    stream: (key) => store.stream(read(key)),
    readRange: (key, start, end) => store.readRange(read(key), start, end),
    stat: (key) => store.stat(key),
    list: (prefix) => store.list(prefix),
    create: refuse,
    replace: refuse,
    rewrite: refuse,
    remove: refuse,
  };
}

function frozenTable(table: Table): Table {
  const refuse = refuseAll(table.name);
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

const requestOf = (other: object, from: number, to?: number) => ({
  configText: JSON.stringify(other),
  where: 'other.json',
  from: on(from),
  to: to === undefined ? undefined : on(to),
});

/** Asks of places of which nothing may change. */
async function ask(places: MemoryPlaces, other: object, from: number, to?: number): Promise<WhatIf & { parts: string[] }> {
  const deps = memoryDeps(places, config);
  const still = {
    ...deps,
    lake: frozen(deps.lake),
    exports: frozen(deps.exports),
    profiles: frozenTable(deps.profiles),
    transitions: frozenTable(deps.transitions),
    runs: frozenTable(deps.runs),
    notifier: { notify: refuseAll('notifier') },
  };
  const parts: string[] = [];
  const found = await whatIf(still, requestOf(other, from, to), new MemoryStore('memory:scratch'), {
    signal: new AbortController().signal,
    onPart: (done, of) => parts.push(`${done}/${of}`),
  });
  return { ...found, parts };
}

/** What committed nights wrote down of themselves, in the words of a what-if. @param to the last day, or one inside the last run */
async function committed(places: MemoryPlaces, from: number, to = LAST_DAY) {
  const deps = memoryDeps(places);
  const { runId } = (await findCurrent(deps)) as { runId: string };
  const plan = await readPlan(deps, runId);
  const kpis = await Promise.all(
    datesBetween(on(from), on(to)).map((dt) => readJson<Kpi>(deps.lake, lakeKeys.kpi({ generation: 1, dt, runId }, 'json'))),
  );
  const flows = new Map<string, number>();
  for (const kpi of kpis) {
    for (const { from: a, to: b, customers } of kpi.flows) flows.set(`${a} ${b}`, (flows.get(`${a} ${b}`) ?? 0) + customers);
  }
  const files = await Promise.all([0, 1].map((shard) => readScores(deps, { generation: 1, dt: plan.to, runId, shard })));
  const members = (place: number) => files.flatMap(({ bits }) => [...bits]).filter((word) => (word >> place) % 2 === 1).length;
  return {
    flows: Object.fromEntries(flows),
    restated: kpis.reduce((sum, kpi) => sum + kpi.restated, 0),
    stages: kpis.at(-1)?.stages,
    segments: { silent: members(0), good: members(1) },
    tiers: kpis.at(-1)?.tiers,
    epoch: (await readCalibration(deps, 1, plan.to, runId)).epoch?.id,
  };
}

/** The part of a what-if's figures that `committed` tells too. */
const told = ({ flows, restated, stages: byStage, segments, tiers, epoch }: WhatIf['inForce']) => ({
  flows: Object.fromEntries(flows.map(({ from, to, customers }) => [`${from} ${to}`, customers] as const)),
  restated,
  stages: byStage,
  segments,
  tiers,
  epoch,
});

describe('whatIf', () => {
  /** A range, a night, a range. */
  let places: MemoryPlaces;
  /** The last range under `impatient`, and under `nightly`. */
  let asImpatient: MemoryPlaces;
  let asNightly: MemoryPlaces;
  /** `impatient` without a word of shards, with a change that no replay shows. */
  let found: Awaited<ReturnType<typeof ask>>;

  beforeAll(async () => {
    places = emptyPlaces(await drops());
    await run(places, config, 0, 16);
    await run(places, config, 17, 17);
    [asImpatient, asNightly] = [copyPlaces(places), copyPlaces(places)];
    await run(places, config, 18, LAST_DAY);
    await run(asImpatient, impatient, 18, LAST_DAY);
    await run(asNightly, nightly, 18, LAST_DAY);
    const { shards: _, ...unsaid } = { ...impatient, shards: 0 };
    found = await ask(places, { ...unsaid, lateFileDays: 3 }, 18);
  });

  it('gives under either configuration what a run from the same base gives, and writes nothing', async () => {
    expect(found).toMatchObject({ from: on(18), to: on(LAST_DAY), replayedFrom: on(18), base: { dt: on(17) } });
    expect(told(found.inForce)).toEqual(await committed(places, 18));
    expect(told(found.whatIf)).toEqual(await committed(asImpatient, 18));
    expect(found.whatIf.flows).not.toEqual(found.inForce.flows);
    expect(found.inForce.epoch).toMatch(/^mbg-nbd@/);
    expect(found.parts).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  });

  it('names what differs between the configurations', () => {
    const thresholds = ['churnedQ', 'churnedReturnProbability', 'decliningQ', 'dwellNights'].map((key) => `stages.${key}`);
    expect(found.changes.map(({ key }) => key).sort()).toEqual(['lateFileDays', ...thresholds]);
    expect(found.withoutEffect).toEqual(['lateFileDays']);
  });

  it('folds twice where the first pass is another one, with the same faithfulness', async () => {
    const other = await ask(places, nightly, 18);
    expect(told(other.inForce)).toEqual(await committed(places, 18));
    expect(told(other.whatIf)).toEqual(await committed(asNightly, 18));
    expect(other.parts.at(-1)).toBe('8/8');
    expect([other.moved.stages, other.whatIf.baselineNights]).toEqual([[], other.inForce.baselineNights]);
    expect(other.whatIf.tiers['high']).toBeGreaterThan(other.inForce.tiers['high'] as number);
  });

  it('names the baseline night that new thresholds bring, and counts who would stand elsewhere', () => {
    const { inForce, whatIf: other, moved } = found;
    expect(inForce.baselineNights).toEqual([]);
    expect(other.baselineNights).toEqual([{ date: on(18), reason: 'RULES_CHANGED', restated: other.restated }]);
    expect(other.restated).toBeGreaterThan(0);
    const differences = Object.entries(other.stages).map(([stage, n]) => [stage, n - (inForce.stages[stage] as number)]);
    const byMoves = Object.fromEntries(differences.map(([stage]) => [stage, 0])) as Record<string, number>;
    for (const { inForce: a, whatIf: b, customers } of moved.stages) {
      (byMoves[a] as number) -= customers;
      (byMoves[b] as number) += customers;
    }
    expect(Object.entries(byMoves)).toEqual(differences);
    expect(moved.stages.length).toBeGreaterThan(0);
    const [a, b] = [inForce.segments['silent'] as number, other.segments['silent'] as number];
    const gained = moved.stages.filter(({ inForce: from }) => from !== 'declining' && from !== 'churned');
    const isSilent = (stage: string) => stage === 'declining' || stage === 'churned';
    const entered = gained.filter(({ whatIf: to }) => isSilent(to)).reduce((sum, { customers }) => sum + customers, 0);
    expect(moved.segmentsInBoth['silent']).toBe(b - entered);
    expect(b - a).toBeGreaterThan(0);
    // the baseline night sets tiers afresh too
    expect(moved.segmentsInBoth['good']).toBeLessThan(inForce.segments['good'] as number);
  });

  it('begins with an earlier night where no books are kept, and tells of the dates asked for alone', async () => {
    const bare = copyPlaces(places);
    for (const key of bare.lake.keys()) if (/\/books\/.*\/days\.arrow$/.test(key)) await bare.lake.remove(key);
    const whole = await ask(bare, impatient, 19, 19);
    expect(whole).toMatchObject({ from: on(19), to: on(19), replayedFrom: on(0), base: null });
    const { stages: byStage, flows } = await committed(places, 19, 19);
    expect(told(whole.inForce)).toMatchObject({ stages: byStage, flows });
    expect(whole.whatIf.baselineNights.map(({ reason }) => reason)).toEqual(['EPOCH_CHANGED']);
    const state = new Set(places.lake.keys().filter((key) => key.includes(`/state/dt=${on(17)}/`)));
    const withoutState = copyPlaces(places);
    await withoutState.lake.remove([...state].at(-1) as string);
    expect(await planReplay(memoryDeps(withoutState), requestOf(impatient, 19))).toMatchObject({
      begin: on(17),
      base: { dt: on(16) },
    });
    expect(await planReplay(memoryDeps(places), requestOf(impatient, 19))).toMatchObject({ begin: on(18), base: { dt: on(17) } });
    expect(await planReplay(memoryDeps(places), requestOf(impatient, 16))).toMatchObject({ begin: on(0), base: null });
  });

  it('tells false churn and the busiest night from the flows', () => {
    const { whatIf: other } = found;
    const sum = (passes: (flow: { from: string; to: string }) => boolean) =>
      other.flows.filter(passes).reduce((total, { customers }) => total + customers, 0);
    const churned = sum(({ to }) => to === 'churned');
    const returned = sum(({ from, to }) => from === 'churned' && to === 'returned');
    expect(churned).toBeGreaterThan(0);
    expect(other.falseChurn).toEqual({ churned, returned, share: returned / churned });
    expect(other.transitions).toBe(sum(() => true));
    expect(other.busiestNight?.date).not.toBe(on(18));
    expect(other.busiestNight?.share).toBeGreaterThan(0);
    expect(other.busiestNight?.share).toBeLessThan(0.5);
  });

  it('refuses what would change the facts, what changes nothing, and dates that are not committed', async () => {
    const asking = (other: object, from = 18, to?: number) =>
      planReplay(memoryDeps(places), requestOf({ ...config, ...other }, from, to));
    await expect(asking({ timeZone: 'Asia/Shanghai', currency: 'EUR' })).rejects.toThrow(
      /^Configuration other\.json: changes timeZone UTC → Asia\/Shanghai, currency USD → EUR, expected other thresholds alone/,
    );
    await expect(asking({ mapping: { transactions: { columns: { amount: 'total' } } } })).rejects.toThrow(ConfigError);
    await expect(asking({ shards: 3 })).rejects.toThrow('shards 2 → 3');
    await expect(asking({})).rejects.toThrow(/other\.json: the same as that of run \S+, expected other thresholds/);
    await expect(asking({ lateFileDays: 3 })).rejects.toThrow('changes lateFileDays alone, which no replay shows');
    await expect(asking({ nonsense: 1 })).rejects.toThrow(ConfigError);
    await expect(asking(impatient, 30)).rejects.toThrow(UsageError);
    await expect(asking(impatient, 20, 19)).rejects.toThrow('ends before it begins');
    await expect(asking(impatient, 20, 30)).rejects.toThrow('not committed');
    await expect(planReplay(memoryDeps(emptyPlaces()), requestOf(impatient, 0))).rejects.toThrow('no run is committed yet');
  });
});
