import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Measured, measure, median, prepare } from './children.ts';
import { copyLake, type Prepared } from './prepare.ts';
import type { NightFigures, Report } from './report.ts';

/** What is aimed at for a night over a million customers; `growth`: time per customer of several shards against that of one. */
const AIM = { customers: 1_000_000, seconds: 3, peakMb: 1536, growth: 1.2 };

/** Nights that are measured. */
const NIGHTS = { ordinary: 'ordinary night', monday: 'Monday: a model is fitted' } as const;

/** Homes that a night is measured on. */
export interface NightSizes {
  readonly sizes: readonly { readonly customers: number; readonly shards: number }[];
  readonly rounds: number;
}

/** One nightly run's ingest, fold, calibrate and score over homes of several sizes. */
export async function benchNight(dir: string, { sizes, rounds }: NightSizes): Promise<Report> {
  const rows: string[][] = [];
  const aims: Report['aims'][number][] = [];
  const nights: NightFigures[] = [];
  /** Microseconds per customer of an ordinary night, by shards. */
  const paces = new Map<number, number>();
  for (const { customers, shards } of sizes) {
    const home = join(dir, `${customers}-${shards}`);
    await prepare('nights', home, String(customers), String(shards));
    const prepared = JSON.parse(await readFile(join(home, 'prepared.json'), 'utf8')) as Record<string, Prepared>;
    for (const [name, title] of Object.entries(NIGHTS)) {
      const night = prepared[name];
      if (!night) continue;
      const found: Measured[] = [];
      for (let round = 0; round < rounds; round++) {
        await copyLake(night.lake, join(home, 'timed'));
        found.push(await measure('night', home, name));
      }
      const seconds = (value: (one: Measured) => number) => (median(found.map(value)) / 1000).toFixed(2);
      const sum = (one: Measured) => (one.steps['fold'] ?? 0) + (one.steps['calibrate'] ?? 0) + (one.steps['score'] ?? 0);
      const step = (key: string) => seconds((one) => one.steps[key] ?? 0);
      const peakMb = Math.max(...found.map((one) => one.peakMb));
      const [ingest, fold, calibrate, score] = ['ingest', 'fold', 'calibrate', 'score'].map((key) => Number(step(key)));
      nights.push({
        customers,
        shards,
        night: name as keyof typeof NIGHTS,
        seconds: { ingest, fold, calibrate, score } as NightFigures['seconds'],
        peakMb: Math.round(peakMb),
      });
      rows.push([
        customers.toLocaleString('en-US'),
        String(shards),
        title,
        night.rows.toLocaleString('en-US'),
        step('ingest'),
        step('fold'),
        step('calibrate'),
        step('score'),
        seconds(sum),
        seconds((one) => one.wallMs),
        seconds((one) => one.userMs + one.systemMs),
        peakMb.toFixed(0),
      ]);
      if (name === 'ordinary' && customers === AIM.customers * shards)
        paces.set(shards, (Number(seconds(sum)) / customers) * 1e6);
      if (customers === AIM.customers) {
        const [took, peak] = [Number(seconds(sum)), Math.round(peakMb)];
        aims.push({
          what: `${title}: fold + calibrate + score + write over 1,000,000 customers in under 3 s and 1.5 GB`,
          found: `${took} s, ${peak} MB`,
          met: took < AIM.seconds && peak < AIM.peakMb,
        });
      }
    }
  }
  const one = paces.get(1);
  for (const [shards, pace] of paces) {
    if (shards === 1 || one === undefined) continue;
    aims.push({
      what: `${shards} shards of 1,000,000 in sequence within ${AIM.growth} times the time per customer of one`,
      found: `${(pace / one).toFixed(2)} (${pace.toFixed(1)} and ${one.toFixed(1)} microseconds)`,
      met: pace <= one * AIM.growth,
    });
  }
  return {
    title: 'One night',
    notes: [
      `A home whose customers have 40 weeks of history behind them, a model in force, and the drop of one more day in the middle of a month. Book, index of transaction ids and state before the first of these days are written straight from the generated sales (\`bench/base.ts\`). Each line is the median of ${rounds} processes on one core, each on a fresh copy of the home; seconds. Several shards are taken one after the other in one process.`,
      'Timed are the use cases of the steps as the functions call them, on files: ingest-drop, fold-shard (reads the book and the index of transaction ids, writes them), calibrate, score-shard (reads book and state again, and folds again; writes state, scores as Arrow and as Parquet, transitions, membership). "ingest" includes loading the code of its step; "night" is fold + calibrate + score, reading and writing through to the disk included; "process" is the whole process with start-up, "CPU" its user and system time.',
      'Not timed: opening, planning, verifying, reporting, publishing and committing the run, and its projection into DynamoDB.',
    ],
    head: ['customers', 'shards', 'night', 'rows', 'ingest', 'fold', 'calibrate', 'score', 'night', 'process', 'CPU', 'peak MB'],
    rows,
    nights,
    aims,
  };
}
