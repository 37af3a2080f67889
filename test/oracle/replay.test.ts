import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPopulation } from '../../cli/generate/population.ts';
import { textAt } from '../../lib/arrow/columns.ts';
import { STAGES } from '../../lib/lifecycle/words.ts';
import { readCalibratedNights, readScoresOf } from '../../lib/run/read-results.ts';
import { addDays, type BusinessDate, dayOf } from '../../lib/time.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { emptyPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';

const PYTHON = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']).status === 0,
);
if (!PYTHON) console.info('Stages are not replayed independently: there is no Python 3.9 or newer on the path.');

const SCRIPT = fileURLToPath(new URL('replay_stages.py', import.meta.url));
const FIRST = '2025-01-01' as BusinessDate;
const on = (day: number) => addDays(FIRST, day);

/** Ends of the runs, days: the night before the first fit, the night after it, and after a second baseline night and some epochs. */
const ENDS = [53, 55, 103];
const DAYS = 120;

/** A quick shop needs short thresholds: every rule decides for somebody, the fallback and the hard cap too. */
const STAGE_RULES = { fallbackDecliningDays: 12, fallbackChurnedDays: 20, hardCapDays: 60, returnHorizonDays: 45 };
const WORDS = { en: 'all', zh: '全部' };
const CONFIG = {
  shards: 2,
  segments: [{ id: 'all', name: WORDS, play: WORDS, where: {} }],
  destinations: [{ id: 'generic_csv' }],
  epochs: { minHistoryDays: 44, minRepeatCustomers: 50 },
  stages: STAGE_RULES,
};

/** What is compared, by customer and date; p_return null under the fallback. */
interface Row {
  readonly as_of: string;
  readonly customer_id: string;
  readonly stage: string;
  readonly p_return: number | null;
}

/** Drops of a generated shop, and the same rows as one text. */
async function drawShop(): Promise<{ drops: MemoryStore; csv: string }> {
  const parameters = { r: 1.1, alpha: 9, a: 0.8, b: 4, p: 6, q: 4, v: 15 };
  const request = {
    model: 'mbg-nbd',
    parameters,
    firstDay: dayOf(FIRST),
    days: DAYS,
    customers: 400,
    seed: 5,
    exponent: 2,
  } as const;
  const { sales } = drawPopulation(request);
  const head = 'transaction_id,customer_id,occurred_at,amount,currency,type';
  const days = Array.from({ length: DAYS }, (): string[] => []);
  for (let i = 0; i < sales.count; i++) {
    const day = sales.day[i] as number;
    const amount = ((sales.amountMinor[i] as number) / 100).toFixed(2);
    days[day]?.push(`t${i},c${sales.customer[i]},${on(day)}T12:00:00Z,${amount},USD,sale`);
  }
  const drops = new MemoryStore('memory:drops');
  for (const [day, rows] of days.entries()) {
    await drops.create(`dt=${on(day)}/transactions/a.csv`, Buffer.from(`${[head, ...rows].join('\n')}\n`));
    await drops.create(`dt=${on(day)}/_SUCCESS`, Buffer.from(''));
  }
  return { drops, csv: `${[head, ...days.flat()].join('\n')}\n` };
}

describe.skipIf(!PYTHON)('stages replayed by a script of its own', () => {
  let dir: string;
  let rows: Row[];
  let replayed: Row[];
  let baselines: number;
  let epochs: number;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-replay-'));
    const { drops, csv } = await drawShop();
    const deps = memoryDeps(emptyPlaces(drops), CONFIG);
    rows = [];
    for (const [i, end] of ENDS.entries()) {
      await runInMemory({ from: i === 0 ? FIRST : undefined, to: on(end), dropsUrl: 'memory:drops' }, deps);
      const { columns: c, rows: count } = await readScoresOf(deps, on(end));
      for (let row = 0; row < count; row++) {
        rows.push({
          as_of: on(end),
          customer_id: textAt(c.customer_id, row),
          stage: STAGES[c.stage[row] as number] as string,
          p_return: Number.isNaN(c.p_return[row]) ? null : (c.p_return[row] as number),
        });
      }
    }
    const calibrations = (await readCalibratedNights(deps, undefined, undefined)).map(({ calibration }) => calibration);
    baselines = calibrations.filter(({ baseline }) => baseline).length;
    epochs = new Set(calibrations.map(({ epoch }) => epoch?.id)).size;
    await writeFile(join(dir, 'purchases.csv'), csv);
    await writeFile(join(dir, 'calibrations.json'), JSON.stringify(calibrations));
    await writeFile(join(dir, 'stages.json'), JSON.stringify(STAGE_RULES));
    const asked = ENDS.flatMap((end) => ['--date', on(end)]);
    const args = ['--calibrations', join(dir, 'calibrations.json'), '--stages', join(dir, 'stages.json'), ...asked];
    const told = execFileSync(PYTHON as string, [SCRIPT, ...args, join(dir, 'purchases.csv')], { encoding: 'utf8' });
    replayed = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const byKey = (of: readonly Row[]) => new Map(of.map((row) => [`${row.as_of} ${row.customer_id}`, row]));

  it('are those of the scores on three dates, customer by customer', () => {
    const [engine, script] = [byKey(rows), byKey(replayed)];
    expect([...engine.keys()].sort()).toEqual([...script.keys()].sort());
    const differing = [...engine].filter(([key, { stage }]) => stage !== script.get(key)?.stage);
    expect(differing.slice(0, 5).map(([key, row]) => ({ ...row, replayed: script.get(key)?.stage }))).toEqual([]);
    expect(rows.length).toBeGreaterThan(700);
  });

  it('with the same p_return', () => {
    const script = byKey(replayed);
    const differing = rows.filter((row) => {
      const other = script.get(`${row.as_of} ${row.customer_id}`)?.p_return;
      if (row.p_return === null || other === null || other === undefined) return row.p_return !== other;
      return !(Math.abs(row.p_return - other) <= 1e-12);
    });
    expect(differing.slice(0, 5)).toEqual([]);
    expect(rows.filter(({ as_of: date, p_return: p }) => (date === on(ENDS[0] as number)) !== (p === null))).toEqual([]);
  });

  it('on dates on which every rule has decided for somebody', () => {
    const seen = (end: number) => new Set(rows.filter(({ as_of: date }) => date === on(end)).map(({ stage }) => stage));
    expect([...seen(ENDS[0] as number)].sort()).toEqual(['churned', 'declining', 'growing', 'loyal', 'new', 'returned']);
    expect([...seen(ENDS[2] as number)].sort()).toEqual(['churned', 'declining', 'growing', 'loyal', 'new', 'returned']);
    // the first fit, and the fourth refusal in a row for moved customers
    expect(baselines).toBe(2);
    expect(epochs).toBeGreaterThan(4);
  });
});
