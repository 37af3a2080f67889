import { NO_CODE } from '../../lib/arrow/columns.ts';
import { emptyCounts, emptyFeeds } from '../../lib/book/night-fold.ts';
import { TransactionIndex } from '../../lib/book/transaction-index.ts';
import { fillNextChanges } from '../../lib/lifecycle/next-change.ts';
import type { NightRules } from '../../lib/lifecycle/stage-rules.ts';
import { FigureCounter } from '../../lib/run/engine/count-figures.ts';
import { countNight } from '../../lib/run/engine/count-night.ts';
import { type Calibration, scheduleOf } from '../../lib/run/engine/epoch-record.ts';
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
  /** The same of the fourth night of the process, as a range goes on. */
  readonly laterParts: Readonly<Record<string, PartTime>>;
  /** Customers by stage and by tier (the code is the position) after the night, and the steps of the night as `<from>-<to>`. */
  readonly stages: readonly number[];
  readonly tiers: readonly number[];
  readonly flows: Readonly<Record<string, number>>;
  readonly peakMb: number;
}

/** What goes from night to night. */
interface Course {
  readonly timeline: ShardTimeline;
  readonly counter: FigureCounter;
  readonly order: Int32Array;
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

/** One night without a purchase. @returns its times and its counts */
function takeNight({ timeline, counter, order }: Course, day: number, calibration: Calibration) {
  const { book } = timeline;
  const parts: Record<string, PartTime> = {};
  const timed = <T>(part: string, work: () => T): T => {
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    const result = work();
    const { user, system } = process.cpuUsage(startedCpu);
    parts[part] = { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
    return result;
  };
  timed('predictions', () => {
    timeline.begin(day);
    timeline.predict(day, calibration);
  });
  timed('stages', () => {
    timeline.stepStages(day, calibration, new Map());
  });
  timed('tiers', () => timeline.stepTiers(day, calibration));
  const warnings = timed('warnings', () => timeline.stepWarnings(day, calibration));
  timed('next change', () => {
    const night = timeline.night as NightRules;
    fillNextChanges(timeline.stages, book.customers, { order, day, night }, new Int32Array(book.size));
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
  timed('KPI figures', () => counter.count(timeline, day, fold));
  return { parts, flows };
}

/** A night in a process in which nothing is compiled and no table is filled, and three more. */
async function takeNights(dir: string): Promise<LifecycleReport> {
  const { day, config, book, state, epochs, calibration } = await readNightHome(dir);
  const timeline = new ShardTimeline(book, new TransactionIndex(), state, scheduleOf(epochs, config), config);
  // the files of a night are in this order as well
  const course = { timeline, counter: new FigureCounter(epochs, config), order: book.order() };
  const { parts, flows } = takeNight(course, day, calibration);
  const decided = {
    stages: countCodes(timeline.stages.stage, book.size),
    tiers: countCodes(timeline.tiers.tier, book.size),
    flows: Object.fromEntries(flows.map(([from, to, count]) => [`${from}-${to}`, count])),
  };
  // Sunday and Monday, whose figures are more, and Tuesday
  for (const ahead of [1, 2]) takeNight(course, day + ahead, calibration);
  const later = takeNight(course, day + 3, calibration);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { customers: book.size, parts, laterParts: later.parts, ...decided, peakMb };
}

/** Entry of the child: `prepare DIR CUSTOMERS`, untimed, or `night DIR`. */
async function main([what, dir = '', customers]: readonly string[]): Promise<void> {
  if (what === 'prepare') await writeNightHome(dir, Number(customers));
  else process.stdout.write(JSON.stringify(await takeNights(dir)));
}

await main(process.argv.slice(2));
