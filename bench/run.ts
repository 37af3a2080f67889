import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCalm } from './calm.ts';
import { benchClv } from './clv.ts';
import { benchIngest } from './ingest.ts';
import { benchLifecycle } from './lifecycle.ts';
import { benchNight } from './night.ts';
import {
  type BenchResults,
  describeSections,
  PARTS,
  type Part,
  type Report,
  renewed,
  type Section,
  sectionOf,
} from './report.ts';

const HELP = `npm run bench [-- options]

Measures ingest beside DuckDB, one night over 100,000, 1,000,000 and 4,000,000 customers, the lifecycle work of a night beside DuckDB, and fits and predictions of the models beside Python
lifetimes, where a Python with lifetimes is found (PERENNIAL_PYTHON, else python3 or python); counts how calm stages are over a year and a half of
three shops. Prints the tables; writes bench/RESULTS.md and, for
programs, bench/results.json.

  --quick        small data and few rounds; writes no file
  --only PART    ${PARTS.join(', ')}: renews its section, the others stay
  --keep DIR     work in DIR (new or empty) and leave it there, instead of a temporary folder
`;

const sizeOf = (customers: number, shards = 1) => ({ customers, shards });

const SIZES = {
  full: {
    ingest: { megabytes: 200, rounds: 3 },
    night: { sizes: [sizeOf(100_000), sizeOf(1_000_000), sizeOf(4_000_000, 4)], rounds: 3 },
    lifecycle: { customers: 1_000_000, rounds: 5 },
    clv: { customers: 1_000_000, fewer: 100_000, rounds: 3 },
    calm: { customers: 3000, days: 540 },
  },
  quick: {
    ingest: { megabytes: 50, rounds: 2 },
    night: { sizes: [sizeOf(100_000)], rounds: 1 },
    lifecycle: { customers: 100_000, rounds: 1 },
    clv: { customers: 100_000, fewer: 10_000, rounds: 1 },
    calm: { customers: 600, days: 300 },
  },
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, keep: { type: 'string' }, help: { type: 'boolean' } },
});

/** Parts that were asked for. */
function partsAsked(only: string | undefined): readonly Part[] {
  const asked = PARTS.filter((part) => only === undefined || only === part);
  if (asked.length === 0) throw new Error(`--only ${only}: no such part, expected ${PARTS.join(', ')}.`);
  return asked;
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const sizes = values.quick ? SIZES.quick : SIZES.full;
  const parts: Record<Part, (dir: string) => Promise<Report>> = {
    ingest: (dir) => benchIngest(dir, sizes.ingest),
    night: (dir) => benchNight(dir, sizes.night),
    lifecycle: (dir) => benchLifecycle(dir, sizes.lifecycle),
    clv: (dir) => benchClv(dir, sizes.clv),
    calm: (dir) => benchCalm(dir, sizes.calm),
  };
  const asked = partsAsked(values.only);
  const dir = values.keep === undefined ? await mkdtemp(join(tmpdir(), 'perennial-bench-')) : resolve(values.keep);
  await mkdir(dir, { recursive: true });
  const sections: Partial<Record<Part, Section>> = {};
  try {
    for (const part of asked) sections[part] = sectionOf(await parts[part](join(dir, part)));
  } finally {
    if (values.keep === undefined) await rm(dir, { recursive: true, force: true });
  }
  process.stdout.write(describeSections({ sections }));
  if (values.quick) return;
  const file = (name: string) => new URL(name, import.meta.url);
  const results = renewed(JSON.parse(await readFile(file('results.json'), 'utf8')) as BenchResults, sections);
  await writeFile(file('RESULTS.md'), describeSections(results));
  await writeFile(file('results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
}

await main();
