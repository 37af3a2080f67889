import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { transactionsMapping } from '../../../lib/config/mapping.ts';
import type { HistoryFiles } from '../../../lib/drop/history-rows.ts';
import type { QuarantinedRow } from '../../../lib/drop/row-rules.ts';
import { type SplitHistoryOptions, splitHistory } from '../../../lib/drop/split-history.ts';
import { ConfigError, InvalidDropError, InvariantBrokenError } from '../../../lib/errors.ts';
import { chunksOf, readText, textsOf } from '../../support/drop-reading.ts';

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type\n';

/** Drops in memory, in the order in which they were written. */
function memoryDrops() {
  const objects = new Map<string, string>();
  return {
    objects,
    async create(key: string, bytes: Uint8Array): Promise<'created' | 'same'> {
      const text = Buffer.from(bytes).toString('utf8');
      if (objects.has(key) && objects.get(key) !== text) throw new InvariantBrokenError(`${key}: other content`);
      const known = objects.has(key);
      objects.set(key, text);
      return known ? 'same' : 'created';
    },
  };
}

const historyOf = (files: Record<string, string>): HistoryFiles => ({
  name: 'old shop',
  files: Object.entries(files).map(([name, content]) => ({ name, open: () => chunksOf(content, 11) })),
  ignored: [],
});

async function split(
  files: Record<string, string>,
  {
    mapping = {},
    config = {},
    ...rest
  }: { mapping?: unknown; config?: unknown } & Partial<Omit<SplitHistoryOptions, 'mapping' | 'config'>> = {},
) {
  const drops = memoryDrops();
  const options = {
    history: historyOf(files),
    drops,
    mapping: transactionsMapping.parse(mapping),
    config: parseConfig(config, 'test'),
  };
  const result = await splitHistory({ ...options, ...rest });
  return { result, objects: drops.objects };
}

describe('splitHistory', () => {
  it('writes one file per date and a marker for every date, the markers last', async () => {
    const { result, objects } = await split({
      'b.csv': `${HEADER}t3,c1,2024-01-03,3,USD,sale\nt1,"c,1",2024-01-01T10:00:00Z,1,USD,sale\n`,
      'a.csv': `${HEADER}t2,c2,2024-01-01,2,USD,sale\n`,
    });
    expect(result).toEqual({ from: '2024-01-01', to: '2024-01-03', dates: 3, datesWithRows: 2, rows: 3, badRows: 0, same: 0 });
    expect([...objects]).toEqual([
      [
        'drops/dt=2024-01-01/transactions/old-shop.csv',
        `${HEADER}t1,"c,1",2024-01-01T10:00:00Z,1,USD,sale\nt2,c2,2024-01-01,2,USD,sale\n`,
      ],
      ['drops/dt=2024-01-03/transactions/old-shop.csv', `${HEADER}t3,c1,2024-01-03,3,USD,sale\n`],
      ['drops/dt=2024-01-01/_SUCCESS', ''],
      ['drops/dt=2024-01-02/_SUCCESS', ''],
      ['drops/dt=2024-01-03/_SUCCESS', ''],
    ]);
  });

  it('keeps every row of a long date', async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => `t${at},c,2024-01-01,1,USD,sale\n`).join('');
    const { objects } = await split({ 'a.csv': HEADER + rows });
    expect(objects.get('drops/dt=2024-01-01/transactions/old-shop.csv')).toBe(HEADER + rows);
  });

  it('writes the same whatever fits into memory at once', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, at) => `t${at},c,2024-01-${String(1 + ((at * 7) % 20)).padStart(2, '0')},1,USD,sale\n`,
    );
    const files = { 'a.csv': HEADER + rows.join('') };
    const whole = await split(files);
    expect(whole.objects.size).toBe(40);
    expect((await split(files, { windowBytes: 1 })).objects).toEqual(whole.objects);
    expect((await split(files, { windowBytes: 200 })).objects).toEqual(whole.objects);
  });

  it('dates rows by the business time zone and makes ids of file and line', async () => {
    const mapping = {
      delimiter: 'whitespace',
      header: false,
      columns: { customer_id: 0, occurred_at: 1, amount: 2 },
      defaults: { type: 'sale', currency: 'USD' },
      dateFormats: ['epoch-seconds'],
    };
    const { objects } = await split(
      { 'y/a.txt': ' c1 1709649001 5\n\n c2 1709654400 -6\n' },
      { mapping, config: { timeZone: 'Asia/Shanghai' } },
    );
    expect(objects.get('drops/dt=2024-03-05/transactions/old-shop.csv')).toBe(
      `${HEADER}y/a.txt:1,c1,2024-03-05T14:30:01.000Z,5,USD,sale\n`,
    );
    expect(objects.get('drops/dt=2024-03-06/transactions/old-shop.csv')).toBe(
      `${HEADER}y/a.txt:3,c2,2024-03-05T16:00:00.000Z,-6,USD,sale\n`,
    );
  });

  it('keeps local times local and turns negative sales as the mapping of the history says', async () => {
    const mapping = { dateFormats: ['yyyy-MM-dd HH:mm:ss', 'dd.MM.yyyy'], negativeSales: 'refund' };
    const { objects } = await split(
      { 'a.csv': `${HEADER}t1,c1,2024-03-05 23:30:01,-5,USD,sale\nt2,c2,05.03.2024,-5,USD,refund\n` },
      { mapping, config: { timeZone: 'America/New_York' } },
    );
    expect(objects.get('drops/dt=2024-03-05/transactions/old-shop.csv')).toBe(
      `${HEADER}t1,c1,2024-03-05T23:30:01,5,USD,refund\nt2,c2,2024-03-05,-5,USD,refund\n`,
    );
  });

  it('writes what a run with the same configuration reads', async () => {
    const transactions = {
      delimiter: ';',
      columns: { transaction_id: 'Nr', occurred_at: 'Datum; Zeit' },
      defaults: { currency: 'USD', type: 'sale' },
    };
    const { objects } = await split(
      {
        'a.csv': 'customer_id,occurred_at,amount,channel\n"c;1",2024-01-01,1.5,"say ""hi"""\n',
        'b.csv': 'customer_id,occurred_at,amount\nc2,2024-01-01,2\n',
      },
      { config: { mapping: { transactions } } },
    );
    const text = objects.get('drops/dt=2024-01-01/transactions/old-shop.csv') as string;
    expect(text.split('\n')[0]).toBe('Nr;customer_id;"Datum; Zeit";amount;channel');
    const { first, accepted } = await readText(text, { mapping: transactions });
    expect(accepted).toBe(2);
    expect(textsOf(first.transactionId)).toEqual(['a.csv:2', 'b.csv:2']);
    expect(textsOf(first.customerId)).toEqual(['c;1', 'c2']);
    expect(textsOf(first.channel)).toEqual(['say "hi"', '']);
  });

  it('writes nothing when a row has no date, and names the first five', async () => {
    const bad = Array.from({ length: 7 }, (_, at) => `t${at},c,nodate${at},1,USD,sale\n`).join('');
    const drops = memoryDrops();
    const failure = await split({ 'a.csv': `${HEADER}t,c,2024-01-01,1,USD,sale\n${bad}` }, { drops }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(
      '7 of 8 rows cannot be placed on a date: a.csv:3 occurred_at "nodate0": expected ISO 8601',
    );
    expect((failure as Error).message).toContain('a.csv:7 occurred_at "nodate4"');
    expect((failure as Error).message).not.toContain('nodate5');
    expect(drops.objects.size).toBe(0);
  });

  it('hands rows without a date to the caller who asks for them', async () => {
    const skipped: QuarantinedRow[] = [];
    const content = `${HEADER}t,c,2024-01-01,1,USD,sale\nt1,c,,1,USD,sale\nt2,c\n"t3,c\nt4,c,2024-02-30,1,USD,sale`;
    const { result } = await split({ 'a.csv': content }, { skipBadRow: (row) => skipped.push(row), windowBytes: 1 });
    expect(result).toMatchObject({ rows: 1, badRows: 4 });
    expect(skipped.map(({ file, line, rule, raw }) => [file, line, rule, raw])).toEqual([
      ['a.csv', 3, 'MISSING_VALUE', 't1,c,,1,USD,sale'],
      ['a.csv', 4, 'FIELD_COUNT', 't2,c'],
      ['a.csv', 5, 'UNCLOSED_QUOTE', '"t3,c'],
      ['a.csv', 6, 'NO_SUCH_DATE', 't4,c,2024-02-30,1,USD,sale'],
    ]);
  });

  it('changes nothing when asked again, and refuses other content', async () => {
    const drops = memoryDrops();
    const content = `${HEADER}t,c,2024-01-01,1,USD,sale\n`;
    await split({ 'a.csv': content }, { drops });
    expect((await split({ 'a.csv': content }, { drops })).result.same).toBe(1);
    await expect(split({ 'a.csv': content.replace('t,c,', 't,d,') }, { drops })).rejects.toThrow(
      'Drop drops/dt=2024-01-01/transactions/old-shop.csv: other content is there already',
    );
  });

  it('tells its progress', async () => {
    const phases: string[] = [];
    const content = `${HEADER}t,c,2024-01-01,1,USD,sale\nt,c,2024-01-02,1,USD,sale\n`;
    await split({ 'a.csv': content }, { onProgress: ({ phase, rows, dates }) => phases.push(`${phase} ${rows} ${dates}`) });
    expect(phases).toEqual(['check 2 0', 'write 2 1', 'write 2 2']);
  });

  it.each([
    [{ 'a.csv': '' }, 'File a.csv: empty'],
    [{ 'a.csv': HEADER }, 'History old shop: no row with a date'],
    [{ 'a.csv': 'transaction_id,customer_id,amount,currency,type\n' }, 'column occurred_at missing'],
  ])('throws for the history %j', async (files, message) => {
    const failure = await split(files as unknown as Record<string, string>).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(message);
  });

  it.each([
    [{ header: false }, '"header" is false'],
    [{ delimiter: 'whitespace' }, '"delimiter" is whitespace'],
    [{ dateFormats: ['yyyyMMdd'] }, '"dateFormats" is yyyyMMdd, expected iso among them'],
    [{ columns: { amount: 3 } }, '"columns.amount" is the position 3'],
  ])('throws when the configuration %j could not read the drops', async (transactions, message) => {
    const files = { 'a.csv': `${HEADER}t,c,2024-01-01,1,USD,sale\n` };
    const failure = await split(files, { config: { mapping: { transactions } } }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toContain(message);
  });

  it('reads the CDNOW sample by its example mapping', async () => {
    const mapping = JSON.parse(
      await readFile(new URL('../../../examples/cdnow.mapping.json', import.meta.url), 'utf8'),
    ) as unknown;
    const { result, objects } = await split(
      { 'cdnow.txt': ' 00004 0001 19970101  2   29.33\r\n 00021 0002 19970103  3   63.34\r\n' },
      { mapping },
    );
    expect(result).toMatchObject({ from: '1997-01-01', to: '1997-01-03', dates: 3, rows: 2 });
    expect(objects.get('drops/dt=1997-01-01/transactions/old-shop.csv')).toBe(
      `${HEADER}cdnow.txt:1,0001,1997-01-01,29.33,USD,sale\n`,
    );
  });
});
