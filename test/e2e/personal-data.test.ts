import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateDrops } from '../../cli/generate/generate-drops.ts';
import { GENERATE_DEFAULTS } from '../../cli/generate/options.ts';
import { IDENTIFIER_COLUMNS } from '../../lib/config/mapping.ts';
import type { CommandResult } from '../support/command-line.ts';
import { readTables, withHome } from '../support/home-state.ts';
import { sessionHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

const DAYS = 4;
const dateOf = (day: number) => `2025-01-${String(day + 1).padStart(2, '0')}`;

/** Rows of ours beside the generated ones: a word that occurs nowhere else for every identifier, by column. */
const OWN_COLUMNS = ['customer_id', 'country', ...IDENTIFIER_COLUMNS];
const own = (name: string, n: number) => (name === 'email' ? `qzmail${n}@example.com` : `Qz${name.replaceAll('_', '')}${n}`);
const ownRow = (customer: string, n: number, country = 'DE') =>
  [customer, country, ...IDENTIFIER_COLUMNS.map((name) => own(name, n))].join(',');
/** Numbers of rows that are accepted, of rows whose country is wrong, and of an identifier in a column that is not one. */
const [ACCEPTED, REFUSED, SHIFTED] = [[1, 2, 3], [4], 5];

/** What is looked for: every identifier that was delivered. */
async function identifiersIn(drops: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of (await filesBelow(drops)).filter((name) => name.includes('/customers/customers-'))) {
    const rows = parse(await readFile(join(drops, path), 'utf8'), { columns: true }) as Record<string, string>[];
    // names and towns are words like others; addresses and numbers belong to one person
    for (const { email = '', phone = '' } of rows) found.push(email, phone);
  }
  for (const n of [...ACCEPTED, ...REFUSED]) found.push(...IDENTIFIER_COLUMNS.map((name) => own(name, n)));
  return [...new Set([...found, own('email', SHIFTED)])].filter((text) => text !== '');
}

/** Everything that a file says, as text: decompressed, Parquet as its values too. */
async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString('latin1');
  if (!path.endsWith('.parquet')) return bytes.toString('latin1');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return (
    bytes.toString('latin1') + JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  );
}

describe('personal data after several nights', { timeout: 180_000 }, () => {
  let dir: string;
  let identifiers: string[];
  let said: CommandResult[];
  const home = () => join(dir, 'home');

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-personal-'));
    const out = join(dir, 'drops');
    const feeds = { feeds: ['customers', 'interactions', 'rates'] as const, currencies: ['EUR'] };
    await generateDrops({ ...GENERATE_DEFAULTS, ...feeds, days: DAYS, customers: 120, seed: 11, out });
    const write = async (path: string, text: string) => {
      await mkdir(dirname(join(out, path)), { recursive: true });
      await writeFile(join(out, path), text);
    };
    const header = OWN_COLUMNS.join(',');
    await write(
      `dt=${dateOf(1)}/customers/own.csv`,
      [
        header,
        ownRow('c000001', 1),
        ownRow('qcustomer', 2),
        ownRow('c000003', 4, 'Atlantis'),
        `c000004,${own('email', SHIFTED)}`,
        '',
      ].join('\n'),
    );
    await write(`dt=${dateOf(2)}/customers/own.csv`, `${header}\n${ownRow('c000001', 3)}\n`);
    await write(
      `dt=${dateOf(2)}/erasures/own.csv`,
      `customer_id,requested_at\nqcustomer,${dateOf(2)}\nc000002,${own('email', SHIFTED)}\n`,
    );
    identifiers = await identifiersIn(out);
    await writeFile(join(dir, 'config.json'), JSON.stringify({ shards: 2, gates: { maxMalformedShare: 1 } }));
    const config = ['--config', join(dir, 'config.json')];
    const nights = Array.from({ length: DAYS }, (_, day) => ['run', '--date', dateOf(day), '--workers', '1', ...config]);
    const asked = [
      ['runs', '--json'],
      ['runs', 'show', `r00000${DAYS}-${dateOf(DAYS - 1)}`, '--json'],
      ['scores', '--format', 'csv'],
      ['transitions', '--from', dateOf(0), '--to', dateOf(DAYS - 1)],
      ['segments'],
      ['quarantine', 'list'],
      ['quarantine', 'list', '--json'],
      ['quarantine', 'show', `dt=${dateOf(1)}/customers/own.csv`],
      ['quarantine', 'show', `dt=${dateOf(2)}/erasures/own.csv`],
    ].map((command) => [...command, ...config]);
    said = await sessionHere(home(), [['put', out, ...config], ...nights, ...asked], dir);
    const failed = said.find(({ code }) => code !== 0);
    if (failed) throw new Error(`A command failed: ${failed.stderr}${failed.stdout}`);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** The identifiers that files of the home show, each with the first file that does. */
  async function shownBy(passes: (path: string) => boolean): Promise<Map<string, string>> {
    const shown = new Map<string, string>();
    for (const path of (await filesBelow(home())).filter((name) => !name.startsWith('dynamo/') && passes(name))) {
      const text = await textOf(join(home(), path));
      for (const identifier of identifiers) if (text.includes(identifier) && !shown.has(identifier)) shown.set(identifier, path);
    }
    return shown;
  }

  it('lies below pii/: every identifier that was delivered, refused ones in its quarantine', async () => {
    const shown = await shownBy((path) => path.startsWith('lake/pii/'));
    expect(identifiers.length).toBeGreaterThan(150);
    expect(identifiers.filter((identifier) => !shown.has(identifier))).toEqual([]);
    for (const n of [...REFUSED, SHIFTED]) expect(shown.get(own('email', n))).toMatch(/^lake\/pii\/quarantine\//);
  });

  it('is in the snapshot of the last night as delivered last, without the customer who was erased', async () => {
    const shown = await shownBy((path) => path.startsWith('lake/pii/') && path.includes(`/snapshots/dt=${dateOf(DAYS - 1)}/`));
    const has = (n: number) => IDENTIFIER_COLUMNS.filter((name) => shown.has(own(name, n)));
    expect([has(1), has(2), has(3)]).toEqual([[], [], [...IDENTIFIER_COLUMNS]]);
  });

  it('lies in no other file of the lake and in no export', async () => {
    const elsewhere = (path: string) => !path.startsWith('lake/pii/') && !path.startsWith('lake/drops/');
    expect((await filesBelow(home())).filter(elsewhere).length).toBeGreaterThan(100);
    expect([...(await shownBy(elsewhere))]).toEqual([]);
  });

  it('is in no item of a table and in nothing that a command said', async () => {
    const tables = await withHome(home(), join(dir, 'config.json'), ({ deps }) => readTables(deps));
    expect(Object.keys(tables.profiles).length).toBeGreaterThan(100);
    const texts = [JSON.stringify(tables), ...said.map(({ stdout, stderr }) => stdout + stderr)];
    for (const text of texts) expect(identifiers.filter((identifier) => text.includes(identifier))).toEqual([]);
  });
});
