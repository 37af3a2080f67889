import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure, median, prepare } from './children.ts';
import { FORMS, type Form } from './forms.ts';
import { copyLake, type PreparedIngest } from './prepare.ts';
import type { Report } from './report.ts';

/** What is aimed at, for CSV; in a smaller file the start of the process counts for too much. */
const AIM = { ratio: 0.7, megabytes: 200, what: "ingest of CSV at 0.7 of DuckDB's pace or better" };

/** Seconds of the rounds of one side. */
interface Side {
  readonly wallMs: number[];
  readonly cpuMs: number[];
  peakMb: number;
}

/** What was measured of one form. */
interface Measured {
  readonly prepared: PreparedIngest;
  readonly ours: Side;
  readonly duckdb: Side;
}

const newSide = (): Side => ({ wallMs: [], cpuMs: [], peakMb: 0 });

async function measureForm(dir: string, form: Form, { megabytes, rounds }: IngestSize): Promise<Measured> {
  await prepare('ingest', dir, String(megabytes), form);
  const prepared = JSON.parse(await readFile(join(dir, 'prepared.json'), 'utf8')) as PreparedIngest;
  const measured = { prepared, ours: newSide(), duckdb: newSide() };
  for (let round = 0; round < rounds; round++) {
    await copyLake(prepared.lake, join(dir, 'timed'));
    for (const [who, args] of [
      ['ours', ['ingest', dir]],
      ['duckdb', ['duckdb', prepared.file, form]],
    ] as const) {
      const { wallMs, userMs, systemMs, peakMb } = await measure(...args);
      measured[who].wallMs.push(wallMs);
      measured[who].cpuMs.push(userMs + systemMs);
      measured[who].peakMb = Math.max(measured[who].peakMb, peakMb);
    }
  }
  return measured;
}

/** How much is measured. */
export interface IngestSize {
  /** Size of the rows as CSV. */
  readonly megabytes: number;
  readonly rounds: number;
}

/** Ingest beside DuckDB on the same rows in several forms, in rounds A B A B. */
export async function benchIngest(dir: string, size: IngestSize): Promise<Report> {
  const rows: string[][] = [];
  const ratios = new Map<Form, number>();
  let first: PreparedIngest | undefined;
  for (const form of FORMS) {
    const { prepared, ours, duckdb } = await measureForm(join(dir, form), form, size);
    first ??= prepared;
    const pairs = duckdb.wallMs.map((ms, round) => ms / (ours.wallMs[round] as number));
    const pace = (bytes: number, ms: readonly number[]) => median(ms.map((one) => bytes / 1e3 / one)).toFixed(0);
    const line = (name: string, side: Side) => [
      name,
      pace(prepared.fileBytes, side.wallMs),
      pace(prepared.bytes, side.wallMs),
      pace(prepared.bytes, side.cpuMs),
      side.peakMb.toFixed(0),
      '',
    ];
    const found = line(`Perennial .${form}`, ours);
    found[5] = `${median(pairs).toFixed(2)} (${Math.min(...pairs).toFixed(2)}-${Math.max(...pairs).toFixed(2)})`;
    rows.push(found, line(`DuckDB .${form}`, duckdb));
    ratios.set(form, median(pairs));
  }
  const csv = ratios.get('csv') as number;
  return {
    title: 'Ingest',
    notes: [
      `${first?.rows.toLocaleString('en-US')} rows of 7 columns, as CSV ${((first?.bytes ?? 0) / 1e6).toFixed(0)} MB, in every form written just before: they lie in the page cache. ${size.rounds} rounds per form, one after the other, each side a process of its own on one core; MB/s over the whole life of the process, start-up included, of the file's own bytes and of the bytes that the same rows have as CSV; a CPU second is user and system time, which a busy machine disturbs less.`,
      'Perennial: the step ingest-drop with its list. Reads the file, takes its SHA-256, checks every record and value against the data contract (UTF-8, dates, time zone, decimals, currency, types), gives each instant its business day and each customer one of 4 shards, writes a ledger file per shard (Arrow) through to the disk.',
      'DuckDB (`@duckdb/node-api`, `threads = 1`): `CREATE TABLE t AS SELECT * FROM read_csv(...)`, `read_json` or `read_parquet` with given types (TIMESTAMPTZ, DECIMAL(18,2), VARCHAR) into a table in memory. It takes no hash, assigns no day and no shard, refuses no row by rule and writes nothing to the disk.',
    ],
    head: ['', "MB/s of the file's bytes", "MB/s of the CSV's bytes", 'CSV MB per CPU second', 'peak MB', 'ratio, pair by pair'],
    rows,
    aims: size.megabytes < AIM.megabytes ? [] : [{ what: AIM.what, found: csv.toFixed(2), met: csv >= AIM.ratio }],
  };
}
