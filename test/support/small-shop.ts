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
};

/** The drops of 2025-01-03 to 2025-01-07. */
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
    await drops.create(`dt=${date}/_SUCCESS`, new Uint8Array(0));
  }
  return drops;
}
