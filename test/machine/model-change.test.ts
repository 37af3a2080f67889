import { beforeAll, describe, expect, it } from 'vitest';
import { drawPopulation } from '../../cli/generate/population.ts';
import { textAt } from '../../lib/arrow/columns.ts';
import { LEGAL_EDGES } from '../../lib/lifecycle/legal-edges.ts';
import { REASONS, STAGES } from '../../lib/lifecycle/words.ts';
import type { Calibration } from '../../lib/run/engine/epoch-record.ts';
import { readCalibratedNight, readCalibratedNights, readTransitionsOf } from '../../lib/run/read-results.ts';
import { addDays, type BusinessDate, datesBetween } from '../../lib/time.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { historyConfig } from '../support/play-history.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';

/** A Monday. */
const FIRST = '2025-01-06' as BusinessDate;
const DAYS = 43;
const on = (day: number) => addDays(FIRST, day);
/** The Sunday before that Monday: the model of the configuration is another one from then on. */
const CHANGED = on(34);
/** The Monday after it. */
const TAKEN = on(35);
const LAST = on(DAYS - 1);
/** Nights that are run one by one too. */
const SINGLE = datesBetween(CHANGED, TAKEN);

const configOf = (model: string) => ({
  ...historyConfig(1),
  clv: { model },
  epochs: { minRepeatCustomers: 20, minHistoryDays: 20, maxReturnErrorIncrease: 1, maxMovedShare: 1 },
  stages: { returnHorizonDays: 14, decliningSilenceDays: 2, churnedSilenceDays: 4, dwellNights: 2 },
});

async function drops(): Promise<MemoryStore> {
  const parameters = { r: 1.2, alpha: 5, a: 1.5, b: 2.5, p: 6, q: 4, v: 15 };
  const { sales } = drawPopulation({
    model: 'mbg-nbd',
    parameters,
    firstDay: 0,
    days: DAYS,
    customers: 200,
    seed: 8,
    exponent: 2,
  });
  const rows = Array.from({ length: DAYS }, () => ['transaction_id,customer_id,occurred_at,amount,currency,type']);
  for (let i = 0; i < sales.count; i++) {
    const day = sales.day[i] as number;
    rows[day]?.push(`t${i},c${sales.customer[i]},${on(day)},${((sales.amountMinor[i] as number) / 100).toFixed(2)},USD,sale`);
  }
  const store = new MemoryStore('memory:drops');
  for (const [day, lines] of rows.entries()) {
    await store.create(`dt=${on(day)}/transactions/a.csv`, Buffer.from(`${lines.join('\n')}\n`));
    await store.create(`dt=${on(day)}/_SUCCESS`, Buffer.from(''));
  }
  return store;
}

interface Change {
  readonly customer: string;
  readonly date: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly isRestated: boolean;
  readonly reason: string | undefined;
  readonly epoch: unknown;
}

async function changesOf(places: MemoryPlaces, from: BusinessDate, to: BusinessDate): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const { rows, columns: c } of readTransitionsOf(memoryDeps(places), from, to)) {
    for (let row = 0; row < rows; row++) {
      changes.push({
        customer: textAt(c.customer_id, row),
        date: addDays('1970-01-01' as BusinessDate, c.as_of[row] as number),
        from: STAGES[c.from[row] as number],
        to: STAGES[c.to[row] as number] as string,
        isRestated: c.kind[row] === 1,
        reason: REASONS[c.reason_code[row] as number],
        epoch: (JSON.parse(textAt(c.evidence, row)) as { epoch: unknown }).epoch,
      });
    }
  }
  return changes;
}

describe('a configuration that changes clv.model between nights', () => {
  let places: MemoryPlaces;
  let nightly: MemoryPlaces;
  let changes: Change[];

  beforeAll(async () => {
    const store = await drops();
    const run = (to: MemoryPlaces, model: string, from: BusinessDate, last: BusinessDate) =>
      runInMemory({ from, to: last, dropsUrl: store.url }, memoryDeps(to, configOf(model)));
    places = emptyPlaces(store);
    await run(places, 'mbg-nbd', FIRST, addDays(CHANGED, -1));
    nightly = copyPlaces(places);
    await run(places, 'bg-nbd', CHANGED, LAST);
    for (const date of SINGLE) await run(nightly, 'bg-nbd', date, date);
    changes = await changesOf(places, CHANGED, LAST);
  });

  const calibrations = async (of: MemoryPlaces, dates: readonly BusinessDate[]): Promise<Calibration[]> =>
    (await readCalibratedNights(memoryDeps(of), dates[0], dates.at(-1))).map(({ calibration }) => calibration);

  it('leaves the epoch in force until the Monday, whose night is a baseline night; the Monday after it is none', async () => {
    const told = (await calibrations(places, datesBetween(CHANGED, LAST))).map(({ date, epoch, baseline }) => [
      date,
      epoch?.model,
      baseline,
    ]);
    const [before, after] = [datesBetween(CHANGED, addDays(TAKEN, -1)), datesBetween(addDays(TAKEN, 1), LAST)];
    expect(told).toEqual([
      ...before.map((date) => [date, 'mbg-nbd', null]),
      [TAKEN, 'bg-nbd', 'EPOCH_CHANGED'],
      ...after.map((date) => [date, 'bg-nbd', null]),
    ]);
  });

  it('restates as EPOCH_CHANGED on that night alone; every other change is a legal step', () => {
    const restated = changes.filter(({ isRestated }) => isRestated);
    expect(restated.length).toBeGreaterThan(5);
    for (const change of restated) {
      expect(change).toMatchObject({ date: TAKEN, reason: 'EPOCH_CHANGED', epoch: `bg-nbd@${TAKEN}` });
    }
    const edges = new Set(LEGAL_EDGES.map(([from, to]) => `${from} ${to}`));
    const steps = changes.filter(({ isRestated }) => !isRestated);
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter(({ from, to }) => from !== undefined && !edges.has(`${from} ${to}`))).toEqual([]);
  });

  it('tells of each night how many it restated, null where its figures are not kept', async () => {
    const bare = copyPlaces(places);
    for (const key of bare.lake.keys()) if (key.includes(`/kpi/dt=${LAST}/`)) await bare.lake.remove(key);
    const nights = await readCalibratedNights(memoryDeps(bare), CHANGED, undefined);
    const restatedOn = (date: BusinessDate) => changes.filter((change) => change.isRestated && change.date === date).length;
    const dates = datesBetween(CHANGED, LAST);
    expect(nights.map(({ calibration, restated }) => [calibration.date, restated])).toEqual(
      dates.map((date) => [date, date === LAST ? null : restatedOn(date)]),
    );
    expect(await readCalibratedNight(memoryDeps(places), TAKEN)).toEqual(nights[1]);
    expect(await readCalibratedNights(memoryDeps(places), undefined, FIRST)).toHaveLength(1);
    await expect(readCalibratedNights(memoryDeps(places), LAST, FIRST)).rejects.toThrow('ends before it begins');
    await expect(readCalibratedNights(memoryDeps(places), FIRST, addDays(LAST, 1))).rejects.toThrow('not committed');
  });

  it('gives the same calibrations and stage changes night by night', async () => {
    const until = SINGLE.at(-1) as BusinessDate;
    expect(await calibrations(nightly, SINGLE)).toEqual(await calibrations(places, SINGLE));
    expect(await changesOf(nightly, CHANGED, until)).toEqual(changes.filter(({ date }) => date <= until));
  });
});
