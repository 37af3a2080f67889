import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateDrops } from '../../../cli/generate/generate-drops.ts';
import { GENERATE_DEFAULTS, type GenerateOptions } from '../../../cli/generate/options.ts';
import { ConfigError } from '../../../lib/errors.ts';
import { businessClock, dayOf, formatDay, parseBusinessDate } from '../../../lib/time.ts';

type Row = Record<string, string> & { dt: string };

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'perennial-generate-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const optionsOf = (folder: string, rest: Partial<GenerateOptions> = {}): GenerateOptions => ({
  ...GENERATE_DEFAULTS,
  days: 40,
  customers: 800,
  seed: 5,
  out: join(scratch, folder),
  ...rest,
});

async function readRows(out: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of (await readdir(out)).filter((it) => it.startsWith('dt=')).sort()) {
    for (const file of await readdir(join(out, name, 'transactions'))) {
      const bytes = await readFile(join(out, name, 'transactions', file));
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
      for (const row of parse(text, { columns: true }) as Record<string, string>[])
        rows.push({ ...row, dt: name.slice(3) } as Row);
    }
  }
  return rows;
}

async function hashOf(out: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(out, { recursive: true })).sort()) {
    if ((await stat(join(out, name))).isFile()) hash.update(name).update(await readFile(join(out, name)));
  }
  return hash.digest('hex');
}

const readCsv = async (path: string) => parse(await readFile(path, 'utf8'), { columns: true }) as Record<string, string>[];

describe('generateDrops', () => {
  it('writes the same bytes for the same options, and others for another seed', async () => {
    await generateDrops(optionsOf('a', { dirt: 0.05, gzip: true }));
    await generateDrops(optionsOf('b', { dirt: 0.05, gzip: true }));
    await generateDrops(optionsOf('c', { dirt: 0.05, gzip: true, seed: 6 }));
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => hashOf(join(scratch, name))));
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  it('writes a drop with a marker for every date, quiet days too', async () => {
    const options = optionsOf('quiet', { days: 30, customers: 2 });
    const summary = await generateDrops(options);
    const names = (await readdir(options.out)).sort();
    expect(names.filter((name) => name.startsWith('dt='))).toHaveLength(30);
    expect(names.slice(-2)).toEqual(['truth.csv', 'truth.json']);
    expect([summary.from, summary.to]).toEqual(['2025-01-01', '2025-01-30']);
    const texts = await Promise.all(
      names
        .filter((name) => name.startsWith('dt='))
        .map(async (name) => {
          expect(await readdir(join(options.out, name))).toEqual(['_SUCCESS', 'transactions']);
          return readFile(join(options.out, name, 'transactions/transactions-00001.csv'), 'utf8');
        }),
    );
    const header = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id,channel,order_id\n';
    expect(texts.every((text) => text.startsWith(header))).toBe(true);
    expect(texts).toContain(header);
  });

  it('tells a truth that agrees with clean drops', async () => {
    const options = optionsOf('clean');
    const summary = await generateDrops(options);
    const rows = await readRows(options.out);
    const truth = await readCsv(join(options.out, 'truth.csv'));
    expect(rows).toHaveLength(summary.rows);
    expect(summary.rows).toBe(summary.sales);
    const sold = Map.groupBy(rows, (row) => row['customer_id'] ?? '');
    for (const customer of truth) {
      const own = sold.get(customer['customer_id'] ?? '') ?? [];
      expect(new Set(own.map((row) => row.dt)).size).toBe(Number(customer['purchases']));
      expect(own[0]?.dt).toBe(customer['arrived_on']);
    }
    expect(rows.every((row) => row['occurred_at']?.startsWith(row.dt) && row['type'] === 'sale')).toBe(true);
    expect(new Set(rows.map((row) => row['transaction_id'])).size).toBe(rows.length);
    const revenueMinor = rows.reduce((sum, row) => sum + Math.round(Number(row['amount']) * 100), 0);
    expect(revenueMinor).toBe(summary.revenueMinor);
    const stored = JSON.parse(await readFile(join(options.out, 'truth.json'), 'utf8'));
    expect(stored).toMatchObject({
      population: 'mbg-nbd',
      seed: 5,
      parameters: GENERATE_DEFAULTS.parameters,
      counts: { sales: summary.sales },
    });
  });

  it('accounts for every dirty row and keeps the sales of the clean drops', async () => {
    await generateDrops(optionsOf('clean-twin'));
    const { dirt, rows: total } = await generateDrops(optionsOf('dirty', { dirt: 0.1 }));
    const clean = await readRows(join(scratch, 'clean-twin'));
    const rows = await readRows(join(scratch, 'dirty'));
    expect(rows).toHaveLength(total);
    const keyOf = ({ dt: _dt, ...row }: Row) => JSON.stringify(row);
    const cleanKeys = new Map(clean.map((row) => [keyOf(row), row]));
    const seen = new Map<string, Row[]>();
    const others: Row[] = [];
    for (const row of rows) {
      if (cleanKeys.has(keyOf(row))) seen.set(keyOf(row), [...(seen.get(keyOf(row)) ?? []), row]);
      else others.push(row);
    }
    expect(seen.size).toBe(clean.length);
    const copies = [...seen.values()].reduce((sum, same) => sum + same.length - 1, 0);
    expect(copies).toBe(dirt.duplicates);
    const late = [...seen].filter(([key, same]) => same.every((row) => row.dt !== cleanKeys.get(key)?.dt)).length;
    expect(late).toBe(dirt.lateSales);
    const ofType = (type: string) => others.filter((row) => row['type'] === type);
    expect(ofType('refund')).toHaveLength(dirt.partialRefunds + dirt.fullRefunds);
    expect(ofType('void')).toHaveLength(dirt.voids);
    expect(others.filter((row) => row['amount']?.endsWith('x'))).toHaveLength(dirt.malformedAmounts);
    expect(others.filter((row) => row['customer_id'] === '')).toHaveLength(dirt.missingCustomers);
    expect(others.filter((row) => row['currency'] === 'EUR')).toHaveLength(dirt.otherCurrencies);
    expect(Object.values(dirt).every((n) => n > 0)).toBe(true);
    const byId = new Map(clean.map((row) => [row['transaction_id'], row]));
    for (const row of [...ofType('refund'), ...ofType('void')]) {
      const original = byId.get(row['original_transaction_id']);
      expect(original?.['customer_id']).toBe(row['customer_id']);
      expect(Number(row['amount'])).toBeLessThanOrEqual(Number(original?.['amount']));
    }
  });

  it('keeps every sale on its business day across a change of the clocks, in a currency without decimals', async () => {
    const timeZone = 'America/New_York';
    const { parameters } = GENERATE_DEFAULTS;
    const start = '2025-03-01';
    const options = optionsOf('clocks', { timeZone, start, currency: 'JPY', parameters: { ...parameters, v: 1500 } });
    await generateDrops(options);
    const clock = businessClock(timeZone);
    for (const row of await readRows(options.out)) {
      expect(formatDay(clock.dayOfInstant(Date.parse(row['occurred_at'] ?? '')))).toBe(row.dt);
      expect(row['amount']).toMatch(/^\d+$/);
    }
    expect(dayOf(parseBusinessDate('2025-03-09', 'the change'))).toBeLessThan(
      dayOf(parseBusinessDate(start, 'start')) + options.days,
    );
  });

  it('refuses a folder of somebody else, even with force, and replaces its own with force alone', async () => {
    const options = optionsOf('own', { days: 5, customers: 10 });
    await generateDrops(options);
    await expect(generateDrops(options)).rejects.toThrow(/Add --force to replace them/);
    await generateDrops({ ...options, days: 3, force: true });
    expect((await readdir(options.out)).filter((name) => name.startsWith('dt='))).toHaveLength(3);
    await writeFile(join(options.out, 'notes.txt'), 'mine');
    await expect(generateDrops({ ...options, force: true })).rejects.toThrow(/notes\.txt, which generate did not make/);
    expect(await readFile(join(options.out, 'notes.txt'), 'utf8')).toBe('mine');
    const foreign = optionsOf('foreign', { force: true });
    await generateDrops({ ...foreign, days: 1, customers: 1 });
    await writeFile(join(foreign.out, 'truth.json'), '{}');
    await expect(generateDrops(foreign)).rejects.toThrow(/not made by generate/);
  });

  it.each([
    [{ days: 0 }, /--days: 0/],
    [{ customers: 1.5 }, /--customers: 1.5/],
    [{ seed: 2 ** 31 }, /--seed/],
    [{ dirt: 0.5 }, /--dirt: 0.5/],
    [{ start: '2025-02-30' }, /--start 2025-02-30: not an existing date/],
    [{ currency: 'ABC' }, /--currency: ABC/],
    [{ timeZone: 'Mars/Olympus' }, /--time-zone: Mars\/Olympus/],
    [{ parameters: { ...GENERATE_DEFAULTS.parameters, q: 1 } }, /--q: 1/],
    [{ feeds: ['rates'] }, /--feeds rates/],
    [{ currencies: ['EUR'] }, /--feeds rates/],
    [{ currencies: ['USD'], feeds: ['rates'] }, /--currencies: USD/],
    [{ format: 'parquet', gzip: true }, /--gzip/],
    [{ parameters: { ...GENERATE_DEFAULTS.parameters, alpha: 1e-9 } }, /expected sales/],
  ] as [Partial<GenerateOptions>, RegExp][])('refuses %o in one line', async (rest, message) => {
    const refused = generateDrops(optionsOf('refused', rest));
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(message);
    await expect(stat(join(scratch, 'refused'))).rejects.toThrow(/ENOENT/);
  });

  it('writes more feeds without changing the transactions, the same bytes for the same options', async () => {
    const feeds = { feeds: ['customers', 'interactions'] as const };
    await generateDrops(optionsOf('plain'));
    await generateDrops(optionsOf('feeds-a', { ...feeds }));
    const summary = await generateDrops(optionsOf('feeds-b', { ...feeds }));
    expect(await hashOf(join(scratch, 'feeds-b'))).toBe(await hashOf(join(scratch, 'feeds-a')));
    expect(await readRows(join(scratch, 'feeds-a'))).toEqual(await readRows(join(scratch, 'plain')));
    expect(summary.feeds?.['customers']).toBeGreaterThanOrEqual(800);
    const rows = await readCsv(join(scratch, 'feeds-a', 'dt=2025-01-02', 'customers', 'customers-00001.csv'));
    expect(rows.length).toBeGreaterThan(0);
    for (const { email, phone } of rows)
      expect([email, phone].join()).toMatch(/^([a-z]+\.[a-z.0-9]+@(mail\.)?example\.com)?,(\+1555\d{7})?$/);
  });

  it('lets some customers pay in other currencies, at rates of every day, refunds in the currency of their sale', async () => {
    const options = optionsOf('currencies', { feeds: ['rates'], currencies: ['EUR', 'JPY'], dirt: 0.05 });
    await generateDrops(options);
    const rows = (await readRows(options.out)).filter(({ amount }) => !amount?.endsWith('x'));
    const sold = new Map(rows.filter(({ type }) => type === 'sale').map((row) => [row['transaction_id'], row]));
    expect(new Set(rows.map(({ currency }) => currency))).toEqual(new Set(['USD', 'EUR', 'JPY']));
    for (const { amount } of rows.filter((row) => row['currency'] === 'JPY')) expect(amount).toMatch(/^\d+$/);
    const refunds = rows.filter(({ type }) => type === 'refund');
    expect(refunds.some(({ currency }) => currency !== 'USD')).toBe(true);
    for (const refund of refunds) {
      const sale = sold.get(refund['original_transaction_id']);
      expect(refund['currency']).toBe(sale?.['currency']);
      expect(Number(refund['amount'])).toBeLessThanOrEqual(Number(sale?.['amount']));
    }
    const rates = await readCsv(join(options.out, 'dt=2025-01-05', 'rates', 'rates-00001.csv'));
    expect(rates.map(({ date, currency }) => [date, currency])).toEqual([
      ['2025-01-05', 'EUR'],
      ['2025-01-05', 'JPY'],
    ]);
    for (const { rate } of rates) expect(rate).toMatch(/^\d+\.\d{1,12}$/);
  });

  it('writes the same rows as JSON Lines', async () => {
    const lines = optionsOf('lines', { format: 'jsonl', feeds: ['customers'] });
    await generateDrops(lines);
    await generateDrops(optionsOf('csv', { feeds: ['customers'] }));
    const folder = join('dt=2025-01-03', 'customers');
    const text = await readFile(join(lines.out, folder, 'customers-00001.jsonl'), 'utf8');
    const found = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const expected = await readCsv(join(scratch, 'csv', folder, 'customers-00001.csv'));
    expect(found).toEqual(expected.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''))));
  });

  it('writes the same rows as Parquet', async () => {
    const options = optionsOf('parquet', { format: 'parquet', days: 3 });
    await generateDrops(options);
    await generateDrops(optionsOf('csv-3', { days: 3 }));
    const bytes = await readFile(join(options.out, 'dt=2025-01-02/transactions/transactions-00001.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const expected = await readCsv(join(scratch, 'csv-3', 'dt=2025-01-02/transactions/transactions-00001.csv'));
    const found = (await parquetReadObjects({ file })) as Record<string, string | null>[];
    expect(found.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? ''])))).toEqual(
      expected,
    );
  });
});
