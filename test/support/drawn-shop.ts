import { addDays, type BusinessDate } from '../../lib/time.ts';
import { MemoryStore } from './memory-store.ts';

/** First day of the shop. */
export const SHOP_OPENS = '2025-01-01' as BusinessDate;

/** How much of a shop is drawn. */
export interface ShopSize {
  readonly days: number;
  readonly customers: number;
}

/** Late in the evening in UTC: another day further east. */
const instant = (day: number, n: number) => `${addDays(SHOP_OPENS, day)}T${n % 2 === 0 ? '09:15:00' : '22:45:00'}Z`;

/**
 * Drops of a small shop, a folder a day, with all feeds: sales in two currencies, refunds, voids, refunds of unknown originals,
 * copies and late events; visits and complaints; customers with identifiers; rates, of which one comes late; erasures, also of a
 * customer who comes again. Drawn by a fixed rule, so that the same arguments give the same bytes.
 */
export async function drawnShop({ days, customers }: ShopSize): Promise<MemoryStore> {
  const drops = new MemoryStore('memory:drops');
  for (let day = 0; day < days; day++) {
    const put = (name: string, rows: readonly string[]) =>
      drops.create(`dt=${addDays(SHOP_OPENS, day)}/${name}`, Buffer.from(rows.length === 0 ? '' : `${rows.join('\n')}\n`));
    await put('transactions/part-0.csv', transactions(day, customers));
    await put('interactions/part-0.csv', interactions(day, customers));
    await put('customers/part-0.csv', people(day, customers));
    await put('rates/part-0.csv', rates(day));
    if (day === 5 || day === 8) await put('erasures/part-0.csv', erasures(day));
    await put('_SUCCESS', []);
  }
  return drops;
}

const customerOf = (day: number, n: number, customers: number) => (day * 7 + n * n * 3 + n) % customers;

function transactions(day: number, customers: number): string[] {
  const rows = ['transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id'];
  for (let n = 0; n < customers / 4; n++) {
    const who = `customer-${customerOf(day, n, customers)}`;
    const currency = n % 6 === 0 ? 'EUR' : 'USD';
    const amount = ((500 + ((day * 131 + n * 977) % 9000)) / 100).toFixed(2);
    const sale = (on: number, id: number) => `t${on}-${id},${who},${instant(on, n)},${amount},${currency},sale,`;
    const change = (id: string, minor: string, type: string, of: string) =>
      `${id}${day}-${n},${who},${instant(day, n)},${minor},${currency},${type},${of}`;
    rows.push(sale(day, n));
    if (n % 9 === 3) rows.push(change('r', '1.00', 'refund', `t${day}-${n}`));
    if (n % 11 === 5) rows.push(change('v', '0', 'void', `t${day}-${n}`));
    if (n % 13 === 7) rows.push(change('o', '2.00', 'refund', `nowhere-${day}`));
    if (n % 7 === 2 && day > 2) rows.push(sale(day - 2, 1000 + n));
    if (n % 17 === 1) rows.push(sale(day, n));
  }
  return rows;
}

function interactions(day: number, customers: number): string[] {
  const rows = ['interaction_id,customer_id,occurred_at,kind,score,channel'];
  for (let n = 0; n < customers / 8; n++) {
    const kind = n % 5 === 0 ? 'complaint' : 'visit';
    rows.push(`i${day}-${n},customer-${(day * 5 + n * 3) % (customers + 4)},${instant(day, n)},${kind},,web`);
  }
  return rows;
}

function people(day: number, customers: number): string[] {
  const rows = ['customer_id,updated_at,signed_up_at,country,consent_email,email,phone,first_name'];
  for (let n = 0; n < 5; n++) {
    const who = (day * 11 + n * 13) % (customers + 6);
    rows.push(
      `customer-${who},${instant(day, n)},2024-12-01,DE,${n % 2 === 0},mail-${who}-${day}@example.com,+4930${1000 + who},Ada`,
    );
  }
  return rows;
}

/** The rate of day 4 comes two days later. */
function rates(day: number): string[] {
  const row = (on: number) => `${addDays(SHOP_OPENS, on)},EUR,1.0${(on * 3) % 9}`;
  return ['date,currency,rate', ...(day === 4 ? [] : [row(day)]), ...(day === 6 ? [row(4)] : [])];
}

function erasures(day: number): string[] {
  const rows = [3, 14, 25].map((who) => `customer-${who + day},${instant(day, 0)}`);
  return ['customer_id,requested_at', ...rows];
}
