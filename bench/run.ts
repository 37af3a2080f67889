import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchIngest } from './ingest.ts';
import { benchNight } from './night.ts';
import { describeReports, type Report, resultsOf } from './report.ts';

const HELP = `npm run bench [-- options]

Measures ingest beside DuckDB, and one night over 100,000, 1,000,000 and 4,000,000 customers; prints the tables and writes bench/RESULTS.md and,
for programs, bench/results.json.

  --quick        small data and few rounds; writes no file
  --only PART    ingest or night; writes no file
  --keep DIR     work in DIR (new or empty) and leave it there, instead of a temporary folder
`;

const sizeOf = (customers: number, shards = 1) => ({ customers, shards });

const SIZES = {
  full: {
    ingest: { megabytes: 200, rounds: 3 },
    night: { sizes: [sizeOf(100_000), sizeOf(1_000_000), sizeOf(4_000_000, 4)], rounds: 3 },
  },
  quick: { ingest: { megabytes: 50, rounds: 2 }, night: { sizes: [sizeOf(100_000)], rounds: 1 } },
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, keep: { type: 'string' }, help: { type: 'boolean' } },
});

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const sizes = values.quick ? SIZES.quick : SIZES.full;
  const dir = values.keep === undefined ? await mkdtemp(join(tmpdir(), 'perennial-bench-')) : resolve(values.keep);
  await mkdir(dir, { recursive: true });
  const reports: Report[] = [];
  try {
    if (values.only !== 'night') reports.push(await benchIngest(join(dir, 'ingest'), sizes.ingest));
    if (values.only !== 'ingest') reports.push(await benchNight(join(dir, 'night'), sizes.night));
  } finally {
    if (values.keep === undefined) await rm(dir, { recursive: true, force: true });
  }
  const text = describeReports(reports, 'npm run bench');
  process.stdout.write(text);
  const isWhole = !values.quick && values.only === undefined;
  if (!isWhole) return;
  await writeFile(new URL('RESULTS.md', import.meta.url), text);
  await writeFile(new URL('results.json', import.meta.url), `${JSON.stringify(resultsOf(reports), undefined, 2)}\n`);
}

await main();
