import { beforeEach, describe, expect, it } from 'vitest';
import type { RunDeps } from '../../../../lib/run/deps.ts';
import { readJson } from '../../../../lib/run/json-objects.ts';
import { listRuns } from '../../../../lib/run/run-ledger.ts';
import { type Verdict, verdictKey } from '../../../../lib/run/verify-run.ts';
import { addDays, type BusinessDate } from '../../../../lib/time.ts';
import { emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';

const FIRST = '2025-03-03' as BusinessDate;
const CONFIG = { shards: 2, currency: 'USD', destinations: [{ id: 'generic_csv' }] };
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id';

describe('rows that wait for a rate', () => {
  let places: MemoryPlaces;
  let deps: RunDeps;

  beforeEach(() => {
    places = emptyPlaces();
    deps = memoryDeps(places, CONFIG);
  });

  const give = async (date: string, rows: readonly string[]) => {
    const text = `${HEADER}\n${rows.map((row) => `${row}\n`).join('')}`;
    await places.drops.create(`dt=${date}/transactions/sales.csv`, Buffer.from(text));
    await places.drops.create(`dt=${date}/_SUCCESS`, Buffer.from(''));
  };
  const run = (to: string = FIRST) => runInMemory({ from: to, to, dropsUrl: places.drops.url }, deps);
  const newest = async () => (await listRuns(deps)).at(-1) as NonNullable<Awaited<ReturnType<typeof listRuns>>[number]>;
  const check = async (name: string) => {
    const { checks } = await readJson<Verdict>(deps.lake, verdictKey(await newest()));
    return checks.find((one) => one.name === name);
  };
  const EUR = ['a', 'b', 'c'].map((id) => `${id},${id},${FIRST}T10:00:00Z,5.00,EUR,sale,`);

  it('warn of a first run of which nothing could be applied, though its refunds wait too', async () => {
    await give(FIRST, [...EUR, `r,a,${FIRST}T11:00:00Z,5.00,EUR,refund,a`]);
    await run();
    expect(await check('missing_rate')).toMatchObject({ severity: 'warn', status: 'failed', observed: '3 rows in EUR' });
    expect((await check('missing_rate'))?.message).toContain(
      'all 3 rows are in EUR, the configured currency is USD, and no rate is known.',
    );
    // the original of the refund waits itself
    expect(await check('referential_integrity')).toMatchObject({ status: 'passed' });
  });

  it('warn beside rows that were applied, are counted by reason, and expire apart from the rows of the night', async () => {
    const usd = `u,u,${FIRST}T10:00:00Z,5.00,USD,sale,`;
    await give(FIRST, [...EUR, usd, usd, `bad,u,soon,1,USD,sale,`, `r,u,${FIRST}T11:00:00Z,1.00,USD,refund,never`]);
    deps = memoryDeps(places, { ...CONFIG, gates: { maxMalformedShare: 1 } });
    await run();
    const rows = { rows: 7, applied: 1, copies: 1, waiting: 4, unreadable: 1, refused: 0, passedOver: 0, expired: 0 };
    expect((await newest()).counts).toMatchObject({ ...rows, pending: 4, pending_MISSING_RATE: 3, pending_ORPHAN: 1 });
    expect(await check('missing_rate')).toMatchObject({ severity: 'warn', status: 'failed' });
    for (let night = 1; night <= 7; night++) {
      await give(addDays(FIRST, night), []);
      await run(addDays(FIRST, night));
    }
    expect((await newest()).counts).toMatchObject({ rows: 0, applied: 0, refused: 0, expired: 4, quarantined: 4, pending: 0 });
    expect(await check('missing_rate')).toMatchObject({ status: 'passed' });
  });
});
