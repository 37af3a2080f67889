import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCORES, TRANSITIONS } from '../../lib/arrow/schemas.ts';
import { INDEX_DAYS } from '../../lib/book/transaction-index.ts';
import { DATE_FORMATS, FEED_COLUMNS } from '../../lib/config/mapping.ts';
import { ROW_RULES, type RowRule, valueMessage } from '../../lib/drop/row-rules.ts';
import { PERMANENT, RETRYABLE, RETRYABLE_SLOW } from '../../lib/errors.ts';
import { EXPORT_COLUMNS } from '../../lib/export/destination.ts';
import { STEPS } from '../../lib/keys.ts';
import { LEGAL_EDGES } from '../../lib/lifecycle/legal-edges.ts';
import { REASONS, STAGES_ZH, TIERS_ZH } from '../../lib/lifecycle/words.ts';
import { MAX_MINOR } from '../../lib/money.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
const filesBelow = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** First cells of the rows of a page's tables, code marks dropped. */
const rowsOf = (text: string) =>
  new Map([...text.matchAll(/^\| `?([^`|]+)`? \| (.*) \|$/gm)].map(([, first = '', rest = '']) => [first, rest]));

describe('the documentation', () => {
  it('has every section that the code refers to', () => {
    const broken: string[] = [];
    for (const file of ['lib', 'cli', 'functions', 'infra'].flatMap((folder) => filesBelow(folder, '.ts'))) {
      const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\n\s*(\*|\/\/) /g, ' ');
      for (const [found, name = '', section] of text.matchAll(/docs\/([a-z-]+\.md)(?:, ([A-Z][A-Za-z ]*[A-Za-z]))?/g)) {
        const headings = existsSync(join(ROOT, 'docs', name))
          ? [...page(name).matchAll(/^## (.*)$/gm)].map(([, title]) => title)
          : undefined;
        if (!headings || (section !== undefined && !headings.includes(section))) broken.push(`${file}: ${found}`);
      }
      for (const [found] of text.matchAll(/docs\/adr\/\d{4}/g)) {
        if (!filesBelow('docs/adr', '.md').some((name) => name.startsWith(found))) broken.push(`${file}: ${found}`);
      }
      for (const [found] of text.matchAll(/(?<!docs\/)\b(architecture|lifecycle|models|exports)\.md/g))
        broken.push(`${file}: ${found}`);
    }
    expect(broken).toEqual([]);
  });

  it('has no broken links and names no file of the repository that is not there', () => {
    const broken: string[] = [];
    for (const file of filesBelow('docs', '.md')) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) {
        if (!existsSync(join(ROOT, dirname(file), target))) broken.push(`${file}: ${target}`);
      }
      for (const [, path = ''] of text.matchAll(/`((?:lib|cli|functions|infra|test|examples)\/[a-z/.-]+\.(?:ts|json))`/g)) {
        if (!existsSync(join(ROOT, path))) broken.push(`${file}: ${path}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('describes every column, rule, format and file of the contract', () => {
    const contract = page('data-contract.md');
    const rows = rowsOf(contract);
    const names = [
      ...Object.keys(SCORES),
      ...Object.keys(TRANSITIONS),
      ...Object.values(FEED_COLUMNS).flatMap(({ columns }) => columns),
      ...Object.keys(ROW_RULES),
      ...DATE_FORMATS,
    ];
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
    expect(EXPORT_COLUMNS.filter((name) => !contract.includes(`\`${name}\``))).toEqual([]);
  });

  it('shows the messages of the rules as they are', () => {
    const rows = rowsOf(page('data-contract.md'));
    const terms = { currency: 'USD', exponent: 2, dateFormats: ['iso'] as const };
    for (const rule of Object.keys(ROW_RULES) as RowRule[]) {
      const [kind, shown = ''] = (rows.get(rule) ?? '').split(' | ');
      expect(kind).toBe(ROW_RULES[rule]);
      if (shown.startsWith('record:')) continue;
      const expected = valueMessage(rule, 'amount', 'VALUE', terms).replace(/^\S+ ".*?": /, '');
      expect(shown).toContain(expected);
    }
  });

  it('describes every error name, step, stage, edge, reason and tier', () => {
    const [runbook, lifecycle, architecture] = [page('runbook.md'), page('lifecycle.md'), page('architecture.md')];
    const errors = rowsOf(runbook);
    expect([...PERMANENT, ...RETRYABLE, ...RETRYABLE_SLOW].filter((name) => !errors.has(name))).toEqual([]);
    expect(STEPS.filter((step) => !architecture.includes(`| ${step}`))).toEqual([]);
    const words = rowsOf(lifecycle);
    expect(REASONS.filter((reason) => !words.has(reason))).toEqual([]);
    const named = [...Object.entries(STAGES_ZH), ...Object.entries(TIERS_ZH)];
    expect(named.filter(([word, zh]) => !lifecycle.includes(`| \`${word}\` | ${zh} |`))).toEqual([]);
    const edges = [...(/## Edges\n([\s\S]*?)\n\n- /.exec(lifecycle)?.[1] ?? '').matchAll(/^\| (`.*) \| (`.*) \| /gm)];
    const list = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word);
    const shown = edges.flatMap(([, from, to]) => list(from).flatMap((a) => list(to).map((b) => `${a}-${b}`)));
    expect(shown.sort()).toEqual(LEGAL_EDGES.map(([from, to]) => `${from}-${to}`).sort());
  });

  it('gives the limits that the code has', () => {
    const text = page('architecture.md').replaceAll(/\s+/g, ' ');
    const limits = [`${INDEX_DAYS} days after they became known`, `${MAX_MINOR.toLocaleString('en-US')} minor units`];
    expect(limits.filter((limit) => !text.includes(limit))).toEqual([]);
  });

  it('tells every decision with context, decision and consequences', () => {
    for (const file of filesBelow('docs/adr', '.md')) {
      const headings = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^## (.*)$/gm)].map(([, title]) => title);
      expect([relative('docs/adr', file), headings]).toEqual([
        relative('docs/adr', file),
        ['Context', 'Decision', 'Consequences'],
      ]);
    }
  });
});
