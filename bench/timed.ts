import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Form, readerOf } from './forms.ts';
import type { Prepared } from './prepare.ts';

/** What a timed child tells of itself on standard output. Milliseconds since its start. */
export interface TimedReport {
  readonly steps: Readonly<Record<string, number>>;
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakMb: number;
}

const steps: Record<string, number> = {};

/** Notes the time of a step. */
function note(step: string, ms: number): void {
  steps[step] = ms;
}

async function timed(step: string, work: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await work();
  note(step, performance.now() - startedMs);
}

/** DuckDB reads the file into a typed table in memory. */
async function readByDuckdb(file: string, form: Form): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE t AS SELECT * FROM ${readerOf(file, form)}`);
}

/** Entry of a timed child: `duckdb FILE FORM`, `ingest DIR` or `night DIR NAME`, where DIR holds `prepared.json` and the lake's copy `timed`. */
async function main([what, place = '', name]: readonly string[]): Promise<void> {
  if (what === 'duckdb') await timed('read', () => readByDuckdb(place, name as Form));
  else {
    const all = JSON.parse(await readFile(join(place, 'prepared.json'), 'utf8')) as Prepared & Record<string, Prepared>;
    const prepared = name === undefined ? all : (all[name] as Prepared);
    const { lakeDeps, takeDrops, takeNight } = await import('./steps.ts');
    const deps = lakeDeps(pathToFileURL(join(place, 'timed')).href);
    await timed('ingest', () => takeDrops(deps, prepared));
    if (what === 'night') await takeNight(deps, prepared, note);
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const report: TimedReport = { steps, userMs: userCPUTime / 1000, systemMs: systemCPUTime / 1000, peakMb: maxRSS / 1024 };
  process.stdout.write(JSON.stringify(report));
}

await main(process.argv.slice(2));
