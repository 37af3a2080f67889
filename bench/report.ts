import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { hasTaskset } from './children.ts';

/** What one part of the bench found. */
export interface Report {
  readonly title: string;
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly nights?: readonly NightFigures[];
  readonly aims: readonly { readonly what: string; readonly found: string; readonly met: boolean }[];
}

/** What was measured of one night, for programs: `bench/results.json`. */
export interface NightFigures {
  readonly customers: number;
  readonly shards: number;
  readonly night: 'ordinary' | 'monday';
  /** Median seconds of each step on one core. */
  readonly seconds: Readonly<Record<'ingest' | 'fold' | 'calibrate' | 'score', number>>;
  readonly peakMb: number;
}

/** `bench/results.json`: what else stands in RESULTS.md, for programs. */
export interface BenchResults {
  readonly date: string;
  readonly machine: string;
  readonly nights: readonly NightFigures[];
}

/** The figures of some reports. */
export function resultsOf(reports: readonly Report[]): BenchResults {
  const nights = reports.flatMap((report) => report.nights ?? []);
  return { date: new Date().toISOString().slice(0, 10), machine: describeMachine(), nights };
}

/** A table with aligned columns; texts to the left, numbers to the right. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  const isText = head.map((_, i) => rows.some((row) => /^[A-Za-z]/.test(row[i] ?? '')));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (isText[i] ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (isText[i] ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The machine in one line: no names. */
function describeMachine(): string {
  const cores = cpus();
  const { version } = JSON.parse(
    readFileSync(new URL('../node_modules/@duckdb/node-api/package.json', import.meta.url), 'utf8'),
  ) as {
    version: string;
  };
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'}), ${memory}, ${process.platform} ${process.arch}, Node ${process.version}, @duckdb/node-api ${version}`;
}

/** The reports as Markdown; also what is printed. */
export function describeReports(reports: readonly Report[], command: string): string {
  const core = hasTaskset
    ? 'Every timed process is held on one core by `taskset -c 0`.'
    : '`taskset` is not here: timed processes use one worker, but their runtime may use more than one core.';
  const aims = reports.flatMap((report) => report.aims);
  const lines = [
    '# Results of the bench',
    '',
    `${new Date().toISOString().slice(0, 10)}. ${describeMachine()}.`,
    '',
    `\`${command}\` makes this file. Data is generated, the same on every machine. ${core}`,
    '',
  ];
  if (aims.length > 0) {
    const rows = aims.map(({ what, found, met }) => [what, found, met ? 'met' : 'missed']);
    lines.push('## Aims', '', alignedTable(['aim', 'found', ''], rows), '');
  }
  for (const { title, notes, head, rows } of reports) {
    lines.push(`## ${title}`, '', alignedTable(head, rows), '', ...notes.flatMap((note) => [`- ${note}`]), '');
  }
  return lines.join('\n');
}
