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

/** Parts of the bench, in the order of their sections. */
export const PARTS = ['ingest', 'night', 'lifecycle', 'clv', 'calm'] as const;

/** A part of the bench. */
export type Part = (typeof PARTS)[number];

/** A report as it is kept: with the day and the machine that it is of, since each section may be renewed alone. */
export interface Section extends Report {
  readonly date: string;
  readonly machine: string;
}

/** `bench/results.json`: what RESULTS.md is made of, and figures for programs. */
export interface BenchResults {
  readonly nights: readonly NightFigures[];
  readonly sections: Readonly<Partial<Record<Part, Section>>>;
}

/** A report of today on this machine. */
export function sectionOf(report: Report): Section {
  return { ...report, date: new Date().toISOString().slice(0, 10), machine: describeMachine() };
}

/** What is known after some sections were measured again. */
export function renewed(kept: BenchResults, measured: BenchResults['sections']): BenchResults {
  const sections = { ...kept.sections, ...measured };
  return { nights: Object.values(sections).flatMap((section) => section.nights ?? []), sections };
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

/** The sections as Markdown; also what is printed. */
export function describeSections(results: Pick<BenchResults, 'sections'>): string {
  const sections = PARTS.flatMap((part) => results.sections[part] ?? []);
  const aims = sections.flatMap((section) => section.aims);
  const core = hasTaskset
    ? 'Every timed process is held on one core by `taskset -c 0`.'
    : '`taskset` is not here: timed processes use one worker, but their runtime may use more than one core.';
  const lines = [
    '# Results of the bench',
    '',
    `\`npm run bench\` makes this file, \`npm run bench -- --only PART\` one section of it. Data is generated, the same on every machine, but for one real shop in Calm. ${core}`,
    '',
  ];
  if (aims.length > 0) {
    const rows = aims.map(({ what, found, met }) => [what, found, met ? 'met' : 'missed']);
    lines.push('## Aims', '', alignedTable(['aim', 'found', ''], rows), '');
  }
  for (const { title, date, machine, notes, head, rows } of sections) {
    const table = alignedTable(head, rows);
    lines.push(`## ${title}`, '', `${date}. ${machine}.`, '', table, '', ...notes.map((note) => `- ${note}`), '');
  }
  return lines.join('\n');
}
