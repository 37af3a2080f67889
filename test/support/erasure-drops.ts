import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { addDays, type BusinessDate } from '../../lib/time.ts';

/** Nights of the drops, the last of them to be run after the request. */
export const NIGHTS = ['2025-03-04', '2025-03-05', '2025-03-06', '2025-03-07'] as BusinessDate[];

/** The customer who is to be forgotten, and what is known of the person. */
export const GONE = 'cust-Zoé-4711';
export const IDENTIFIERS = ['zoe.4711@example.org', '+44 20 7946 0958', 'Zoë-Quirin', 'Vandersmissen'];

/** A customer who is forgotten as of the end of the night before the last, and buys again in the last. */
export const RETURNING = 'cust-back-0815';

const customer = (i: number) => `cust-${String(i).padStart(3, '0')}`;

/** Customers who stay. */
export const OTHERS = Array.from({ length: 40 }, (_, i) => customer(i));

const TRANSACTIONS = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id,referrer_id';

/** Transactions of one night, the customer's among them: a sale, a foreign one, a refund that waits, a row that is no row. */
export function transactionRows(date: BusinessDate, who: string): string[] {
  const others = OTHERS.map((id, i) => `t-${date}-${i},${id},${date}T10:00:00Z,${10 + i}.00,USD,sale,,${i === 7 ? who : ''}`);
  return [
    ...others.slice(0, 20),
    `z-${date}-1,${who},${date}T11:00:00Z,25.00,USD,sale,,`,
    ...others.slice(20),
    `z-${date}-2,${who},${date}T12:00:00Z,30.00,EUR,sale,,`,
    `z-${date}-3,${who},${date}T13:00:00Z,5.00,USD,refund,unknown-${date},`,
    `z-${date}-4,${who},${date}T13:00:00Z,1x.00,USD,sale,,`,
    `b-${date},${RETURNING},${date}T14:00:00Z,12.00,USD,sale,,`,
  ];
}

/** Drops with every feed and several forms below a folder. */
export async function writeErasureDrops(dir: string): Promise<void> {
  for (const [i, date] of NIGHTS.entries()) {
    const rows = i === NIGHTS.length - 1 ? transactionRows(date, OTHERS[0] as string) : transactionRows(date, GONE);
    const text = `${TRANSACTIONS}\n${rows.join('\n')}\n`;
    const asJson = rows.map((row) => {
      const values = row.split(',');
      const entries = TRANSACTIONS.split(',').map((name, at) => [name, values[at]] as const);
      return JSON.stringify(Object.fromEntries(entries.filter(([, value]) => value !== '')));
    });
    if (i === 1) await put(dir, `dt=${date}/transactions/a.jsonl.gz`, gzipSync(`${asJson.join('\n')}\n`));
    else if (i === 2) await put(dir, `dt=${date}/transactions/a.csv.zst`, zstdCompressSync(text));
    else await put(dir, `dt=${date}/transactions/a.csv`, text);
    await put(dir, `dt=${date}/rates/r.csv`, `date,currency,rate\n${date},EUR,1.10\n`);
    const visits = [...OTHERS, ...(i < NIGHTS.length - 1 ? [GONE] : [])].map(
      (id, at) => `i-${date}-${at},${id},${date}T09:00:00Z,visit,,web`,
    );
    await put(
      dir,
      `dt=${date}/interactions/i.csv.gz`,
      gzipSync(`interaction_id,customer_id,occurred_at,kind,score,channel\n${visits.join('\n')}\n`),
    );
    if (i < 2) await put(dir, `dt=${date}/customers/c.csv`, customersText(date));
    await put(dir, `dt=${date}/_SUCCESS`, '');
  }
}

function customersText(date: BusinessDate): string {
  const [email, phone, first, last] = IDENTIFIERS;
  const rows = OTHERS.map(
    (id, i) => `${id},${date}T08:00:00Z,${id}@example.com,+1 555 01${String(i).padStart(2, '0')},First${i},Last${i},1`,
  );
  rows.splice(
    5,
    0,
    `${GONE},${date}T08:00:00Z,${email},${phone},${first},${last},1`,
    `${GONE},not a time,${email},${phone},${first},${last},1`,
  );
  return `customer_id,updated_at,email,phone,first_name,last_name,consent_email\n${rows.join('\n')}\n`;
}

/** The drop of the night after the last one: old rows of the forgotten customer in a new file, and a whole old file. */
export async function writeReturn(dir: string): Promise<BusinessDate> {
  const date = addDays(NIGHTS.at(-1) as BusinessDate, 1);
  const old = transactionRows(NIGHTS[0] as BusinessDate, GONE);
  const rows = [`n-1,${OTHERS[1]},${date}T10:00:00Z,9.00,USD,sale,,`, ...old.slice(18, 23)];
  await put(dir, `dt=${date}/transactions/late.csv`, `${TRANSACTIONS}\n${rows.join('\n')}\n`);
  const again = transactionRows(NIGHTS[0] as BusinessDate, GONE);
  await put(dir, `dt=${date}/transactions/again.csv`, `${TRANSACTIONS}\n${again.join('\n')}\n`);
  await put(dir, `dt=${date}/_SUCCESS`, '');
  return date;
}

async function put(dir: string, key: string, content: string | Uint8Array): Promise<void> {
  const path = join(dir, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
