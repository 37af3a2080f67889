import { describe, expect, it } from 'vitest';
import { unreadableShare } from '../../../lib/run/unreadable-share.ts';
import { dropsOf, planDrops } from '../../support/planned-run.ts';

const D = 'dt=2024-03-05';
const HEAD = 'transaction_id,customer_id,occurred_at,amount,currency,type\n';

describe('unreadableShare', () => {
  it('is the share of unreadable rows of all files of a run, and 0 while none was read', async () => {
    const drops = await dropsOf({
      [`${D}/_SUCCESS`]: '',
      [`${D}/transactions/a.csv`]: `${HEAD}t1,c1,2024-03-05,5,USD,sale\nt2,c1,x,5,USD,sale\n`,
      [`${D}/transactions/b.csv`]: `${HEAD}t3,c1,2024-03-05,5,USD,sale\nt4,c1,2024-03-05,5,USD,sale\n`,
    });
    const { run, deps, ingest } = await planDrops(drops, { from: '2024-03-05', to: '2024-03-05' });
    expect(await unreadableShare(run, deps)).toBe(0);
    await ingest();
    expect(await unreadableShare(run, deps)).toBe(1 / 4);
  });
});
