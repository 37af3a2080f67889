import {
  Bool,
  type Data,
  DateDay,
  DateMillisecond,
  Decimal,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Struct,
  Table,
  TimestampMicrosecond,
  TimestampSecond,
  tableToIPC,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { InvalidDropError } from '../../../lib/errors.ts';
import { toArrow } from '../../support/drop-forms.ts';
import { readText, textsOf } from '../../support/drop-reading.ts';

const text = (...values: (string | null)[]) => vectorFromArray(values, new Utf8());
const good = (changes: Record<string, Vector> = {}) => ({
  transaction_id: text('t1'),
  customer_id: text('c1'),
  occurred_at: text('2024-03-05T14:30:00Z'),
  amount: text('12.50'),
  currency: text('USD'),
  type: text('sale'),
  ...changes,
});
const ipc = (columns: Record<string, Vector>, form: 'file' | 'stream' = 'file') => tableToIPC(new Table(columns), form);
const read = (bytes: Uint8Array, options = {}) => readText(bytes, { name: 'orders.arrow', ...options });

const NAMES = ['transaction_id', 'customer_id', 'occurred_at', 'amount', 'currency', 'type'];
const ROWS = Array.from({ length: 20_000 }, (_, i) => [
  `t${i}`,
  `c${i % 50}é`,
  '2024-03-05',
  `${i}`,
  'USD',
  i % 7 === 0 ? null : 'sale',
]);

describe('openArrow', () => {
  it.each(['file', 'stream'] as const)('reads the %s, however it is cut', async (form) => {
    const bytes = toArrow({ names: NAMES, rows: ROWS }, form);
    for (const cuts of [[], 4099]) {
      const { rows, accepted, refused, first } = await read(bytes, { cuts });
      expect({ rows, accepted }).toEqual({ rows: 20_000, accepted: ROWS.filter(([, , , , , type]) => type !== null).length });
      expect(refused[1]).toMatchObject({ rule: 'MISSING_VALUE', line: 8 });
      expect(JSON.parse(refused[1]?.raw ?? '')).toMatchObject({ transaction_id: 't7', type: null });
      expect(textsOf(first.customerId).slice(0, 2)).toEqual(['c1é', 'c2é']);
    }
  });

  it('reads many record batches and dictionaries', async () => {
    const words = (...values: string[]) => vectorFromArray(values, new Dictionary(new Utf8(), new Int32(), 7));
    const first = new Table(good({ currency: words('USD') }));
    const batches = Array.from({ length: 5 }, (_, n) => {
      const columns = Object.values(good({ transaction_id: text(`t${n}`) })).map(({ data }) => data[0]);
      const children = columns.map((data, at) => (at === 4 ? first.batches[0]?.data.children[4] : data)) as Data[];
      return new RecordBatch(
        first.schema,
        makeData({ type: new Struct(first.schema.fields), length: 1, nullCount: 0, children }),
      );
    });
    const table = new Table(first.schema, batches);
    const read5 = await read(tableToIPC(table, 'stream'));
    expect(textsOf((await read(tableToIPC(table, 'file'))).first.transactionId)).toHaveLength(5);
    expect(textsOf(read5.first.transactionId)).toEqual(['t0', 't1', 't2', 't3', 't4']);
  });

  it.each([
    ['DateDay', vectorFromArray([new Date('2024-03-05')], new DateDay()), Date.UTC(2024, 2, 4, 16)],
    ['DateMillisecond', vectorFromArray([new Date('2024-03-05')], new DateMillisecond()), Date.UTC(2024, 2, 4, 16)],
    ['TimestampSecond UTC', vectorFromArray([1_709_649_000_000], new TimestampSecond('UTC')), 1_709_649_000_000],
    ['TimestampMicrosecond local', vectorFromArray([Date.UTC(2024, 2, 5, 8)], new TimestampMicrosecond()), Date.UTC(2024, 2, 5)],
  ])('reads %s', async (_, cell, ms) => {
    const { first } = await read(ipc(good({ occurred_at: cell })), { timeZone: 'Asia/Shanghai' });
    expect([...first.occurredAtMs]).toEqual([ms]);
  });

  it.each([
    ['Int32', vectorFromArray([12], new Int32()), 1200],
    ['Int64', vectorFromArray([90_071_992_547_409n], new Int64()), 9_007_199_254_740_900],
    ['Uint64', vectorFromArray([12n], new Uint64()), 1200],
    ['Float64', vectorFromArray([12.5], new Float64()), 1250],
    ['Float32', vectorFromArray([12.3], new Float32()), 1230],
    ['Decimal', vectorFromArray([new Uint32Array([1250, 0, 0, 0])], new Decimal(2, 18)), 1250],
  ])('reads the amount of type %s', async (_, amount, minor) => {
    expect([...(await read(ipc(good({ amount })))).first.amountMinor]).toEqual([minor]);
  });

  it('reads negative decimals', async () => {
    const amount = vectorFromArray([new Uint32Array([0xffff_fb1e, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff])], new Decimal(2, 18));
    const { refused } = await read(ipc(good({ amount })));
    expect(refused[0]?.message).toBe('amount "-12.50": expected an amount of 0 or more, "type" tells the sign');
  });

  it.each([
    ['a list', vectorFromArray([['a']], new List(new Field('item', new Utf8()))), 'is of type List'],
    ['a truth', vectorFromArray([true], new Bool()), 'is of type Bool'],
  ])('refuses %s', async (_, customer_id, message) => {
    const failure = await read(ipc(good({ customer_id: customer_id as Vector }))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(`File orders.arrow: column "customer_id" ${message}`);
  });

  it('refuses a file that is cut, damaged or none', async () => {
    const whole = toArrow({ names: NAMES, rows: ROWS.slice(0, 50) });
    for (const bytes of [
      whole.subarray(0, 500),
      whole.subarray(0, 3000),
      whole.subarray(0, 20),
      Buffer.alloc(5),
      Buffer.from('a,b\n1,2\n'),
      new Uint8Array(0),
    ]) {
      const failure = await read(bytes).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(InvalidDropError);
      expect((failure as Error).message).toMatch(
        /^File orders.arrow: cannot be read as Arrow IPC \(.*\), expected a complete file\. Deliver the file again\.$/,
      );
    }
  });

  it('reads a file without rows', async () => {
    expect((await read(toArrow({ names: NAMES, rows: [] }))).rows).toBe(0);
  });
});
