import { MemoryStore } from './memory-store.ts';

/** Two shards, one list: few writes, of every kind. */
export const SMALL_SHOP_CONFIG = {
  shards: 2,
  gates: { maxMalformedShare: 0.5 },
  segments: [
    { id: 'newcomers', name: { en: 'New', zh: '新' }, play: { en: 'Greet', zh: '问候' }, where: { stage: ['new', 'growing'] } },
  ],
  destinations: [{ id: 'generic_csv' }],
};

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id\n';

/** date -> file -> rows: id, customer, day of January, amount, type, original. */
const ROWS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2025-01-03': {
    'transactions/a.csv': 't1,ada,3,10.00,sale,|t2,bo,3,20.00,sale,|t3,cy,3,0.00,sale,|t4,di,3,15.00,sale,|t5,eve,3,,sale,',
  },
  '2025-01-04': { 'transactions/a.csv': 't6,ada,4,5.00,sale,|t7,bo,4,4.00,refund,t2|t8,fay,4,7.00,sale,|t8,fay,4,7.50,sale,' },
  '2025-01-05': {},
  '2025-01-06': {
    'transactions/a.csv': 't9,gus,6,30.00,sale,|t10,ada,6,8.00,sale,|t11,cy,6,0.00,void,t3|t12,bo,6,50.00,refund,t2',
    'transactions/b.csv':
      't13,hal,5,12.00,sale,|t14,di,6,1.00,refund,t99|t1,ada,3,10.00,sale,|t15,ida,9,9.00,sale,|x,,6,1.00,sale,',
  },
  '2025-01-07': { 'transactions/a.csv': 't16,bo,7,16.00,sale,|t17,di,2,33.00,sale,|t18,ada,7,2.00,refund,|t2,bo,3,21.00,sale,' },
  '2025-01-08': { 'transactions/a.csv': 't19,eve,8,18.00,sale,|t20,ida,8,9.00,sale,' },
  // Most of it cannot be read: the night is held.
  '2025-01-09': { 'transactions/a.csv': 't21,bo,9,19.00,sale,|t22,bo,9,,sale,|t23,,9,1.00,sale,|t24,di,9,x,sale,' },
};

/** date -> file of another feed -> content. */
const OTHER_FEEDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2025-01-04': {
    'customers/a.csv':
      'customer_id,signed_up_at,country,consent_email,email\nada,2025-01-02,DE,true,ada@example.com\nzoe,2025-01-04,,no,\n,2025-01-04,FR,no,nobody@example.com\n',
  },
  '2025-01-06': {
    'customers/a.csv': 'customer_id,consent_email,email\nada,false,ada@example.org\nbo,true,bo@example.com\n',
    'interactions/a.jsonl':
      '{"interaction_id":"i1","customer_id":"ada","occurred_at":"2025-01-06T10:00:00Z","kind":"visit"}\n{"interaction_id":"i2","customer_id":"yan","occurred_at":"2025-01-06T11:00:00Z","kind":"complaint"}\n{"interaction_id":"i3"}\n',
    'rates/a.csv': 'date,currency,rate\n2025-01-06,EUR,1.0405\n2025-01-06,JPY,0.0063\n',
    'transactions/c.csv': `${'transaction_id,customer_id,occurred_at,amount,currency,type\n'}e1,jo,2025-01-06T09:00:00Z,20.00,EUR,sale\ne2,jo,2025-01-05T09:00:00Z,1200,JPY,sale\n`,
  },
  '2025-01-07': { 'rates/a.csv': 'date,currency,rate\n2025-01-05,JPY,0.0064\n' },
  '2025-01-08': { 'erasures/a.csv': 'customer_id,requested_at\nada,2025-01-08T08:00:00Z\nzoe,2025-01-08\n' },
};

/** The drops of 2025-01-03 to 2025-01-09. */
export async function smallShopDrops(): Promise<MemoryStore> {
  const drops = new MemoryStore('memory:drops');
  for (const [date, files] of Object.entries(ROWS)) {
    for (const [name, text] of Object.entries(files)) {
      const rows = text.split('|').map((row) => {
        const [id, customer, day, amount, type, original] = row.split(',');
        return `${id},${customer},2025-01-0${day}T12:00:00Z,${amount},USD,${type},${original}\n`;
      });
      await drops.create(`dt=${date}/${name}`, Buffer.from(HEADER + rows.join('')));
    }
    for (const [name, text] of Object.entries(OTHER_FEEDS[date] ?? {}))
      await drops.create(`dt=${date}/${name}`, Buffer.from(text));
    await drops.create(`dt=${date}/_SUCCESS`, new Uint8Array(0));
  }
  return drops;
}
