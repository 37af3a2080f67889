import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure, median, prepare } from './children.ts';
import { copyLake, type Prepared } from './prepare.ts';
import type { Report } from './report.ts';

/** What is aimed at; in a smaller file the start of the process counts for too much. */
const AIM = { ratio: 0.7, megabytes: 200, what: "ingest at 0.7 of DuckDB's pace or better" };

/** Ingest beside DuckDB on one file, in rounds A B A B. */
export async function benchIngest(dir: string, { megabytes, rounds }: { megabytes: number; rounds: number }): Promise<Report> {
  await prepare('ingest', dir, String(megabytes));
  const prepared = JSON.parse(await readFile(join(dir, 'prepared.json'), 'utf8')) as Prepared & { file: string };
  const paces = { ours: [] as number[], duckdb: [] as number[] };
  const cpuPaces = { ours: [] as number[], duckdb: [] as number[] };
  const peaks = { ours: 0, duckdb: 0 };
  for (let round = 0; round < rounds; round++) {
    await copyLake(prepared.lake, join(dir, 'timed'));
    for (const [who, args] of [
      ['ours', ['ingest', dir]],
      ['duckdb', ['duckdb', prepared.file]],
    ] as const) {
      const { wallMs, userMs, systemMs, peakMb } = await measure(...args);
      paces[who].push(prepared.bytes / 1e3 / wallMs);
      cpuPaces[who].push(prepared.bytes / 1e3 / (userMs + systemMs));
      peaks[who] = Math.max(peaks[who], peakMb);
    }
  }
  const ratios = paces.ours.map((pace, round) => pace / (paces.duckdb[round] as number));
  const cpuRatios = cpuPaces.ours.map((pace, round) => pace / (cpuPaces.duckdb[round] as number));
  const line = (name: string, who: 'ours' | 'duckdb') => [
    name,
    median(paces[who]).toFixed(0),
    `${Math.min(...paces[who]).toFixed(0)}-${Math.max(...paces[who]).toFixed(0)}`,
    median(cpuPaces[who]).toFixed(0),
    peaks[who].toFixed(0),
  ];
  return {
    title: 'Ingest',
    notes: [
      `One CSV of ${(prepared.bytes / 1e6).toFixed(0)} MB, ${prepared.rows.toLocaleString('en-US')} rows, 7 columns, written just before: it lies in the page cache. ${rounds} rounds, one after the other, each side a process of its own; MB/s is the size of the file over the whole life of the process, start-up included; a CPU second is user and system time, which a busy machine disturbs less.`,
      'Perennial: the step ingest-drop with its list. Reads the file, takes its SHA-256, checks every record and value against the data contract (UTF-8, dates, time zone, decimals, currency, types), gives each instant its business day and each customer one of 4 shards, writes a ledger file per shard (Arrow) through to the disk.',
      'DuckDB (`@duckdb/node-api`, `threads = 1`): `CREATE TABLE t AS SELECT * FROM read_csv(...)` with given types (TIMESTAMPTZ, DECIMAL(18,2), VARCHAR) into a table in memory. It takes no hash, assigns no day and no shard, refuses no row by rule and writes nothing to the disk.',
    ],
    head: ['', 'MB/s', 'min-max', 'MB per CPU second', 'peak MB'],
    rows: [
      line('Perennial ingest-drop', 'ours'),
      line('DuckDB read_csv', 'duckdb'),
      [
        'ratio, pair by pair',
        median(ratios).toFixed(2),
        `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
        median(cpuRatios).toFixed(2),
        '',
      ],
    ],
    aims:
      megabytes < AIM.megabytes ? [] : [{ what: AIM.what, found: median(ratios).toFixed(2), met: median(ratios) >= AIM.ratio }],
  };
}
