import { appendFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrops } from '../../cli/generate/generate-drops.ts';
import { GENERATE_DEFAULTS } from '../../cli/generate/options.ts';
import { addDays, type BusinessDate } from '../../lib/time.ts';

/** Drops of which a run begins in the middle, as they were before that run and as they are then. */
export interface DirtyDrops {
  /** Drops of `from` to `baseTo`. */
  readonly before: string;
  /** All drops, and in a folder before `nightsFrom` a file that was not there before. */
  readonly after: string;
  readonly from: BusinessDate;
  readonly baseTo: BusinessDate;
  readonly nightsFrom: BusinessDate;
  readonly to: BusinessDate;
}

/** Days of the history before the nights: with 2025-01-01 (a Wednesday) as first day, it ends on a Friday. */
const BASE_DAYS = 94;
/** Nights after it: two Mondays among them. */
const NIGHTS = 12;
const START = '2025-01-01' as BusinessDate;
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id\n';

interface Sale {
  readonly id: string;
  readonly customer: string;
  readonly at: string;
  readonly amount: string;
}

interface Row extends Sale {
  readonly type?: 'sale' | 'refund' | 'void';
  readonly original?: string;
}

/**
 * Writes drops with every kind of dirt below `dir`: what `generate --dirt` makes, and rows by hand for the rest (conflicts of one
 * night and of two, copies of both, orphans that find their original and that do not, excess refunds, refunds without
 * original, voids before their sale, events of the future, late events, the same file twice, odd ids).
 */
export async function writeDirtyDrops(dir: string): Promise<DirtyDrops> {
  const after = join(dir, 'after');
  const before = join(dir, 'before');
  const sizes = { days: BASE_DAYS + NIGHTS, customers: 360, seed: 11, dirt: 0.04 };
  await generateDrops({ ...GENERATE_DEFAULTS, ...sizes, start: START, out: after });
  const baseTo = addDays(START, BASE_DAYS - 1);
  const sales = await readSales(after, baseTo);
  for (const [date, rows] of baseRows(sales, baseTo)) await writeExtra(after, date, rows);
  for (let day = 0; day < BASE_DAYS; day++) {
    const folder = `dt=${addDays(START, day)}`;
    await cp(join(after, folder), join(before, folder), { recursive: true });
  }
  const night = (n: number) => addDays(baseTo, n);
  for (const [n, rows] of nightRows(sales, night)) await writeExtra(after, night(n), rows);
  await sameFileAgain(after, night(1), night(4));
  await writeExtra(after, addDays(baseTo, -2), lateFileRows(sales, baseTo), 'late');
  return { before, after, from: START, baseTo, nightsFrom: night(1), to: night(NIGHTS) };
}

/** The sales of the history that carry no dirt of their own, in order of delivery. */
async function readSales(dir: string, to: BusinessDate): Promise<Sale[]> {
  const seen = new Map<string, Sale[]>();
  const touched = new Set<string>();
  for (const folder of (await readdir(dir)).filter((name) => name.startsWith('dt=') && name <= `dt=${to}`).sort()) {
    const text = await readFile(join(dir, folder, 'transactions/transactions-00001.csv'), 'utf8');
    for (const line of text.split('\n').slice(1, -1)) {
      const [id = '', customer = '', at = '', amount = '', currency, type, original = ''] = line.split(',');
      touched.add(original);
      if (type === 'sale' && currency === 'USD' && customer !== '' && /^[\d.]+$/.test(amount)) {
        seen.set(id, [...(seen.get(id) ?? []), { id, customer, at, amount }]);
      }
    }
  }
  return [...seen.values()].flatMap(([sale, copy]) => (sale && !copy && !touched.has(sale.id) ? [sale] : []));
}

const noon = (date: string) => `${date}T12:00:00Z`;

/** A sale of the list, always the same for a number, spread over the history. */
const pick = (sales: readonly Sale[], n: number): Sale => sales[Math.floor((n * 0.0377 * sales.length) % sales.length)] as Sale;

function baseRows(sales: readonly Sale[], baseTo: BusinessDate): [BusinessDate, Row[]][] {
  const day = addDays(baseTo, -30);
  const conflict = { id: 'x-base', customer: pick(sales, 1).customer, at: noon(day) };
  return [
    [
      day,
      [
        { ...conflict, amount: '10.00' },
        { ...conflict, amount: '11.00' },
      ],
    ],
    // Pending when the base run ends: an orphan, and an event of the second night after it.
    [
      baseTo,
      [
        {
          id: 'x-orphan',
          customer: pick(sales, 2).customer,
          at: noon(baseTo),
          amount: '5.00',
          type: 'refund',
          original: 'x-later',
        },
      ],
    ],
    [addDays(baseTo, -1), [{ id: 'x-soon', customer: pick(sales, 3).customer, at: noon(addDays(baseTo, 1)), amount: '8.00' }]],
  ];
}

function nightRows(sales: readonly Sale[], night: (n: number) => BusinessDate): [number, Row[]][] {
  const sale = (n: number) => pick(sales, n);
  const of = (original: Sale, rest: { id: string; at: string; amount: string }, type: 'refund' | 'void' = 'refund'): Row => ({
    ...rest,
    customer: original.customer,
    type,
    original: original.id,
  });
  const a = { id: 'x-twice', customer: 'o"hara, jr', at: noon(night(2)) };
  const early = { id: 'x-early', customer: '客户-1', at: noon(night(6)), amount: '42.00' };
  return [
    [
      1,
      [
        of(sale(4), { id: 'x-void-1', at: noon(night(1)), amount: '0' }, 'void'),
        of(sale(5), { id: 'x-void-2', at: noon(night(1)), amount: '0' }, 'void'),
        { ...sale(6), at: sale(6).at },
      ],
    ],
    [
      2,
      [
        { ...a, amount: '20.00' },
        { ...a, amount: '21.00' },
        { id: 'x-ok', customer: a.customer, at: noon(night(2)), amount: '0.00' },
        of(sale(7), { id: 'x-excess-1', at: noon(night(2)), amount: sale(7).amount }),
        of(sale(7), { id: 'x-excess-2', at: noon(night(2)), amount: '3.00' }),
        { id: 'x-loose-2', customer: sale(14).customer, at: noon(night(2)), amount: '100000.00', type: 'refund' },
        { id: 'x-far', customer: sale(8).customer, at: noon(night(11)), amount: '9.00' },
      ],
    ],
    [
      3,
      [
        { ...sale(9), amount: '123.45' },
        { id: 'x-base', customer: sale(1).customer, at: noon(night(3)), amount: '10.00' },
        { id: 'x-never', customer: sale(10).customer, at: noon(night(3)), amount: '1.00', type: 'refund', original: 'x-unknown' },
        { id: 'x-late-1', customer: sale(11).customer, at: noon('2025-01-02'), amount: '30.00' },
      ],
    ],
    [
      4,
      [
        { id: 'x-later', customer: sale(2).customer, at: noon(night(0)), amount: '25.00' },
        of(early, { id: 'x-void-early', at: noon(night(6)), amount: '0' }, 'void'),
        { ...sale(12) },
        { ...a, amount: '20.00' },
      ],
    ],
    [6, [early, { ...early, id: 'x-early-2', amount: '17.00' }, { ...early, id: 'x-early-2', amount: '17.00' }]],
    [
      7,
      [
        { id: 'x-loose-1', customer: sale(13).customer, at: noon(night(7)), amount: sale(13).amount, type: 'refund' },
        of(sale(15), { id: 'x-full', at: noon(night(7)), amount: sale(15).amount }),
      ],
    ],
    [8, [{ id: 'x-tomorrow', customer: sale(16).customer, at: noon(night(9)), amount: '14.00' }]],
    [
      9,
      [
        { id: 'x-late-2', customer: sale(17).customer, at: noon(night(-40)), amount: '55.00' },
        { id: 'x-late-3', customer: 'late-comer', at: noon(night(-70)), amount: '35.00' },
        { id: 'x-late-4', customer: 'late-comer', at: noon(night(-20)), amount: '36.00' },
        { id: 'x-late-5', customer: sale(18).customer, at: noon(night(5)), amount: '12.00' },
        of(sale(19), { id: 'x-void-3', at: noon(night(9)), amount: '0' }, 'void'),
      ],
    ],
    [11, [of(sale(20), { id: 'x-part', at: noon(night(10)), amount: '0.01' }), { ...sale(21) }]],
    [
      12,
      [
        {
          id: 'x-open',
          customer: sale(22).customer,
          at: noon(night(12)),
          amount: '2.00',
          type: 'refund',
          original: 'x-unknown-2',
        },
      ],
    ],
  ];
}

/** The late file: events of its own date, of two months ago, a refund and a void of the history. */
function lateFileRows(sales: readonly Sale[], baseTo: BusinessDate): Row[] {
  const own = noon(addDays(baseTo, -2));
  const sale = (n: number) => pick(sales, n);
  return [
    { id: 'x-file-1', customer: sale(23).customer, at: own, amount: '60.00' },
    { id: 'x-file-2', customer: sale(24).customer, at: noon(addDays(baseTo, -60)), amount: '70.00' },
    { id: 'x-file-3', customer: sale(25).customer, at: own, amount: sale(25).amount, type: 'refund', original: sale(25).id },
    { id: 'x-file-4', customer: sale(26).customer, at: own, amount: '0', type: 'void', original: sale(26).id },
    { id: 'x-file-5', customer: 'file-comer', at: own, amount: '80.00' },
  ];
}

const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

async function writeExtra(dir: string, date: BusinessDate, rows: readonly Row[], name = 'extra'): Promise<void> {
  const folder = join(dir, `dt=${date}/transactions`);
  await mkdir(folder, { recursive: true });
  const lines = rows.map(
    ({ id, customer, at, amount, type = 'sale', original = '' }) =>
      `${id},${quoted(customer)},${at},${amount},USD,${type},${original}\n`,
  );
  await writeFile(join(folder, `${name}.csv`), HEADER + lines.join(''));
}

/** The main file of one date in the folder of another, once as it is and once with one row more. */
async function sameFileAgain(dir: string, of: BusinessDate, into: BusinessDate): Promise<void> {
  const source = join(dir, `dt=${of}/transactions/transactions-00001.csv`);
  const target = join(dir, `dt=${into}/transactions`);
  await cp(source, join(target, 'again.csv'));
  await cp(source, join(target, 'again-longer.csv'));
  await appendFile(join(target, 'again-longer.csv'), `x-more,c000001,${into}T09:00:00Z,19.99,USD,sale,,web,o-more\n`);
}
