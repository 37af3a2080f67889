import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { textAt } from '../../lib/arrow/columns.ts';
import type { DateKpi } from '../../lib/report/date-kpi.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { readKpiOf } from '../../lib/run/read-kpis.ts';
import { readScoresOf } from '../../lib/run/read-results.ts';
import { openObjectStore } from '../../lib/store/objects.ts';
import { addDays, type BusinessDate, formatDay } from '../../lib/time.ts';
import { OracleDrops, type OracleShop } from '../support/oracle-drops.ts';
import { Oracle, type OracleFile, type OracleScore } from '../support/oracle-sql.ts';
import { emptyPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';

const SHOPS: readonly OracleShop[] = [
  {
    // Both changes of the clocks, month ends, the turn of the year.
    timeZone: 'America/New_York',
    from: '2025-10-20',
    days: 150,
    customers: 6000,
    sales: 50_500,
    seed: 1,
    oddHours: ['2025-11-02T05:00:00Z', '2025-11-02T06:00:00Z', '2026-03-08T06:00:00Z', '2026-03-08T07:00:00Z'],
    busy: [
      ['2025-10-29', '2025-11-06'],
      ['2026-02-20', '2026-03-16'],
    ],
  },
  // A leap day.
  {
    timeZone: 'Asia/Shanghai',
    from: '2023-12-20',
    days: 90,
    customers: 2400,
    sales: 20_500,
    seed: 2,
    oddHours: [],
    busy: [['2024-02-19', '2024-03-16']],
  },
];

/** Days before the end at which the runs end: a long range, two nights, a range, a range. */
const RUNS_END = [20, 19, 18, 8, 0];
const LATE_FILE_DAYS = 7;
const WORDS = { en: 'all', zh: '全部' };

/** One shop gone through by the engine, run after run. */
interface Played {
  readonly rows: number;
  readonly files: readonly OracleFile[];
  readonly runs: readonly {
    readonly from: BusinessDate;
    readonly to: BusinessDate;
    readonly scores: readonly OracleScore[];
  }[];
  /** Figures of the last date. */
  readonly kpi: DateKpi;
}

async function play(shop: OracleShop, dir: string): Promise<Played> {
  const drops = new OracleDrops(shop);
  await drops.write(dir);
  const base = memoryDeps(emptyPlaces(), {
    timeZone: shop.timeZone,
    shards: 3,
    lateFileDays: LATE_FILE_DAYS,
    gates: { maxMalformedShare: 0.2 },
    segments: [{ id: 'all', name: WORDS, play: WORDS, where: {} }],
    destinations: [{ id: 'generic_csv' }],
  });
  const deps: RunDeps = { ...base, openStore: openObjectStore };
  const first = shop.from as BusinessDate;
  const files: OracleFile[] = [];
  const runs: Played['runs'][number][] = [];
  let from = first;
  let dueFrom = first;
  for (const before of RUNS_END) {
    const to = addDays(first, shop.days - 1 - before);
    // What comes late to this run's own folders comes after it, unless the next run would not look there any more.
    const inTime = addDays(to, -LATE_FILE_DAYS);
    const added = await drops.writeLate(dir, dueFrom, inTime < dueFrom ? addDays(from, -1) : inTime);
    for (let dt = from; dt <= to; dt = addDays(dt, 1)) {
      for (const name of ['a.csv', 'b.csv.gz']) files.push({ path: join(dir, `dt=${dt}/transactions/${name}`), knownOn: dt });
    }
    for (const key of added) {
      const dt = key.slice(3, 13);
      files.push({ path: join(dir, key), knownOn: [dt, from].sort().at(-1) as string });
    }
    dueFrom = added.length > 0 ? addDays(added.at(-1)?.slice(3, 13) as BusinessDate, 1) : dueFrom;
    await runInMemory({ from: runs.length === 0 ? from : undefined, to, dropsUrl: pathToFileURL(dir).href }, deps);
    runs.push({ from, to, scores: await scoresOf(deps, to) });
    from = addDays(to, 1);
  }
  const kpi = await readKpiOf(deps, undefined);
  return { rows: drops.rows, files, runs, kpi: kpi as unknown as DateKpi };
}

/** The scores in the oracle's words. */
async function scoresOf(deps: RunDeps, date: BusinessDate): Promise<OracleScore[]> {
  const { rows, columns: c } = await readScoresOf(deps, date);
  const MISSING = -2_147_483_648;
  const text = (day: number | undefined) => (day === undefined || day === MISSING ? null : formatDay(day));
  const whole = (value: number | undefined) => (value === undefined || value === MISSING ? null : value);
  return Array.from({ length: rows }, (_, row) => ({
    customer_id: textAt(c.customer_id, row),
    first_purchase_on: text(c.first_purchase_on[row]),
    last_purchase_on: text(c.last_purchase_on[row]),
    recency_days: whole(c.recency_days[row]),
    frequency: c.frequency[row] as number,
    monetary_minor: c.monetary_minor[row] as number,
    x: whole(c.x[row]),
    t_x_days: whole(c.t_x_days[row]),
    tenure_days: whole(c.tenure_days[row]),
  }));
}

/** Counts and sums are the same; medians, Gini and the top share as near as docs/kpis.md says. */
function expectFigures({ date, buyers, retention, repurchase, clv }: DateKpi, oracle: Record<string, number | null>): void {
  const within = Object.values(repurchase.second_purchase);
  const { median_minor, p90_minor, gini, top_share, ...exact } = oracle as Record<string, number>;
  expect({
    date,
    buyers,
    repeat_buyers: repurchase.repeat_buyers,
    repeat_minor: repurchase.repeat_revenue_minor,
    active: retention.active,
    retained: retention.retained,
    median_to_second: repurchase.median_days_to_second,
    ...Object.fromEntries(within.map((rate, i) => [`due_${30 * (i + 1)}`, rate.buyers])),
    ...Object.fromEntries(within.map((rate, i) => [`bought_${30 * (i + 1)}`, rate.bought])),
    net_minor: clv.net.sum_minor,
  }).toEqual({ date, ...exact });
  expect(retention.cohorts.reduce((sum, cohort) => sum + cohort.retained, 0)).toBe(exact['retained']);
  expect(Math.abs((clv.net.median_minor as number) / (median_minor as number) - 1)).toBeLessThan(0.03125);
  expect(Math.abs((clv.net.p90_minor as number) / (p90_minor as number) - 1)).toBeLessThan(0.03125);
  expect(clv.net.gini).toBeCloseTo(gini as number, 2);
  expect(clv.net.top_10_percent_share).toBeCloseTo(top_share as number, 2);
}

/** What differs, a few of each at the most. */
function differences(found: readonly OracleScore[], expected: readonly OracleScore[]): unknown[] {
  const byId = (scores: readonly OracleScore[]) => new Map(scores.map((score) => [score.customer_id, score]));
  const [a, b] = [byId(found), byId(expected)];
  const ids = [...new Set([...a.keys(), ...b.keys()])];
  const differing = ids.filter((id) => JSON.stringify(a.get(id)) !== JSON.stringify(b.get(id)));
  return differing.map((id) => ({ id, engine: a.get(id), oracle: b.get(id) }));
}

describe.each(SHOPS)('scores of a shop in $timeZone', (shop) => {
  const dirs: string[] = [];
  afterAll(async () => {
    for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  });

  it('are what SQL over the raw drops gives, customer by customer, after every run', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'perennial-oracle-'));
    dirs.push(dir);
    const played = await play(shop, dir);
    expect(played.rows).toBeGreaterThanOrEqual(shop.sales);
    const oracle = await Oracle.open(shop.timeZone, played.files);
    try {
      for (const { from, to, scores } of played.runs) {
        await oracle.nights(from, to);
        expect({ to, differences: differences(scores, await oracle.scores(to)).slice(0, 5) }).toEqual({ to, differences: [] });
        expect(scores.length).toBeGreaterThan(shop.customers / 2);
      }
      expectFigures(played.kpi, await oracle.figures(played.kpi.date));
      const outcomes = await oracle.outcomes();
      for (const reason of ['ORPHAN', 'EXCESS_REFUND', 'UNCOVERED_REFUND', 'FUTURE_EVENT', 'pending']) {
        expect({ reason, facts: outcomes[reason] }).toEqual({ reason, facts: expect.any(Number) });
      }
    } finally {
      oracle.close();
    }
  });
});
