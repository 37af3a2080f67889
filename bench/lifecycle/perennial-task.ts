import { NO_CODE } from '../../lib/arrow/columns.ts';
import { emptyCounts, emptyFeeds } from '../../lib/book/night-fold.ts';
import { TransactionIndex } from '../../lib/book/transaction-index.ts';
import { nextChangeDay } from '../../lib/lifecycle/next-change.ts';
import type { NightRules } from '../../lib/lifecycle/stage-rules.ts';
import { FigureCounter } from '../../lib/run/engine/count-figures.ts';
import { countNight } from '../../lib/run/engine/count-night.ts';
import { scheduleOf } from '../../lib/run/engine/epoch-record.ts';
import { ShardTimeline } from '../../lib/run/engine/shard-timeline.ts';
import { readNightHome, writeNightHome } from './home.ts';

/** Time of a part: by the clock, and user and system time, which a busy machine disturbs less. */
export interface PartTime {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What a timed child tells on standard output: time of each part, and what came of them. */
export interface LifecycleReport {
  readonly customers: number;
  readonly parts: Readonly<Record<string, PartTime>>;
  /** Customers by stage and by tier (the code is the position) after the night, and the steps of the night as `<from>-<to>`. */
  readonly stages: readonly number[];
  readonly tiers: readonly number[];
  readonly flows: Readonly<Record<string, number>>;
  readonly peakMb: number;
}

/** Counts by code; `NO_CODE` is nobody's. */
function countCodes(codes: Uint8Array, rows: number): number[] {
  const counts: number[] = [];
  for (let row = 0; row < rows; row++) {
    const code = codes[row] as number;
    if (code !== NO_CODE) counts[code] = (counts[code] ?? 0) + 1;
  }
  return Array.from(counts, (count) => count ?? 0);
}

async function takeNight(dir: string): Promise<LifecycleReport> {
  const { day, config, book, state, epochs, calibration } = await readNightHome(dir);
  const timeline = new ShardTimeline(book, new TransactionIndex(), state, scheduleOf(epochs, config), config);
  const parts: Record<string, PartTime> = {};
  const timed = <T>(part: string, work: () => T): T => {
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    const result = work();
    const { user, system } = process.cpuUsage(startedCpu);
    parts[part] = { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
    return result;
  };
  timed('stages', () => {
    timeline.begin(day);
    timeline.stepStages(day, calibration, new Map());
  });
  timed('tiers', () => timeline.stepTiers(day, calibration));
  const warnings = timed('warnings', () => timeline.stepWarnings(day, calibration));
  timed('next change', () => {
    const c = book.customers;
    const dates = new Int32Array(book.size);
    const facts = { purchaseDays: 0, firstDay: 0, lastDay: 0 };
    for (let slot = 0; slot < book.size; slot++) {
      facts.purchaseDays = c.purchaseDays[slot] as number;
      facts.firstDay = c.firstDay[slot] as number;
      facts.lastDay = c.lastDay[slot] as number;
      dates[slot] = nextChangeDay(timeline.stages, slot, facts, day, timeline.night as NightRules) ?? 0;
    }
  });
  const fold = {
    corrected: new Map(),
    erased: [],
    erasedIds: [],
    upserts: [],
    refused: [],
    gaveUp: [],
    counts: emptyCounts(),
    feeds: emptyFeeds(),
    money: [],
    erasedStages: [],
    warnings,
  };
  const { flows } = timed('KPIs', () => countNight(timeline, day, fold, 0));
  const counter = new FigureCounter(epochs, config);
  timed('KPI figures', () => counter.count(timeline, day, fold, calibration));
  return {
    customers: book.size,
    parts,
    stages: countCodes(timeline.stages.stage, book.size),
    tiers: countCodes(timeline.tiers.tier, book.size),
    flows: Object.fromEntries(flows.map(([from, to, count]) => [`${from}-${to}`, count])),
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** Entry of the child: `prepare DIR CUSTOMERS`, untimed, or `night DIR`. */
async function main([what, dir = '', customers]: readonly string[]): Promise<void> {
  if (what === 'prepare') await writeNightHome(dir, Number(customers));
  else process.stdout.write(JSON.stringify(await takeNight(dir)));
}

await main(process.argv.slice(2));
