import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CliContext } from '../../../cli/context.ts';
import { runProgram } from '../../../cli/program.ts';
import { explanationText } from '../../../cli/views/explain.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { explainCustomer } from '../../../lib/run/explain/explain.ts';
import type { BusinessDate } from '../../../lib/time.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

const MORE: Readonly<Record<string, string>> = {
  'transactions/c.csv': 'transaction_id,customer_id,occurred_at,amount,currency,type\nw1,wu,2025-01-08T12:00:00Z,5.00,CHF,sale\n',
  'customers/c.csv': 'customer_id,signed_up_at,email\neve,2025-01-07,eve@example.com\n',
  'interactions/c.csv':
    'interaction_id,customer_id,occurred_at,kind,score\ni7,eve,2025-01-08T12:00:00Z,review,2\ni8,eve,2025-01-08T13:00:00Z,visit,\ni9,eve,2025-01-08T14:00:00Z,visit,\n',
};

describe('explainCustomer', () => {
  let places: MemoryPlaces;
  let deps: RunDeps;
  const explain = (customerId: string, date?: string) => explainCustomer({ customerId, date: date as BusinessDate }, deps);
  /** The timeline of a customer as lines of a language. */
  const told = async (customerId: string, language: 'en' | 'zh' = 'en') =>
    (await explain(customerId)).timeline.map((entry) => `${entry.on} ${entry[language]}`);

  beforeAll(async () => {
    places = emptyPlaces(await smallShopDrops());
    for (const [name, text] of Object.entries(MORE)) await places.drops.create(`dt=2025-01-08/${name}`, Buffer.from(text));
    deps = memoryDeps(places, SMALL_SHOP_CONFIG);
    const dropsUrl = places.drops.url;
    await runInMemory({ dropsUrl, from: '2025-01-03', to: '2025-01-06' }, deps);
    await runInMemory({ dropsUrl, to: '2025-01-08' }, deps);
  });

  it('tells purchases, refunds, what waits, what was refused, steps and corrections in the order of days', async () => {
    expect(await told('bo')).toEqual([
      '2025-01-03 Bought: 20.00 USD; refunded, no purchase day any more',
      '2025-01-03 Refused: sale of 21.00 USD, its id came with another content (CONFLICT) (known on 2025-01-07)',
      '2025-01-03 Stage: begins as new: first purchase',
      '2025-01-04 Refund: 4.00 USD, bought on 2025-01-03',
      '2025-01-06 Refund: 50.00 USD, bought on 2025-01-03; 34.00 USD not counted yet: its original has nothing left for it',
      '2025-01-06 Corrected: new → prospect: a void or a refund took a purchase day away',
      '2025-01-07 Bought: 16.00 USD',
      '2025-01-07 Stage: prospect → new: first purchase',
    ]);
    expect(await told('cy', 'zh')).toEqual([
      '2025-01-03 购买：0.00 USD；后被作废',
      '2025-01-03 阶段：进入「新」：首次购买',
      '2025-01-06 作废：2025-01-03 的 1 笔销售',
      '2025-01-06 更正：「新」→「潜在」：作废或退款取消了一个购买日',
    ]);
    expect(await told('di')).toEqual([
      '2025-01-02 Bought: 33.00 USD (known on 2025-01-07)',
      '2025-01-03 Bought: 15.00 USD',
      '2025-01-03 Stage: begins as new: first purchase',
      '2025-01-06 Refund: 1.00 USD; not counted yet: its original is not known',
      '2025-01-07 Corrected: new → growing: a purchase of an earlier day became known',
    ]);
  });

  it('tells interactions, sign-ups and amounts of other currencies as they came', async () => {
    expect(await told('eve')).toEqual([
      '2025-01-07 Signed up',
      '2025-01-08 Wrote a review, score 2',
      '2025-01-08 Bought: 18.00 USD',
      '2025-01-08 Visited, 2 times',
      '2025-01-08 Stage: begins as new: first purchase',
    ]);
    expect(await told('jo')).toEqual([
      '2025-01-05 Bought: 1200 JPY (known on 2025-01-06)',
      '2025-01-06 Bought: 20.00 EUR',
      '2025-01-06 Stage: begins as new: first purchase',
      '2025-01-07 Corrected: new → growing: a purchase of an earlier day became known',
    ]);
    expect(await told('yan')).toEqual([
      '2025-01-06 Complained',
      '2025-01-06 Stage: begins as prospect: known, without a purchase that stands',
    ]);
  });

  it('says of a date what was known then, and nothing of later', async () => {
    const { scores, timeline, today } = await explain('bo', '2025-01-06');
    expect(scores).toMatchObject({ customer_id: 'bo', as_of: '2025-01-06', stage: 'prospect', frequency: 0 });
    expect(timeline.at(-1)?.on).toBe('2025-01-06');
    expect(today.map(({ en }) => en)).toEqual([
      'Prospect since 2025-01-06, new before.',
      'Has not bought anything that stands.',
      'Only a purchase changes the stage.',
      'A first purchase makes the stage new.',
    ]);
  });

  it('explains a customer without a model by days of silence and net value', async () => {
    const { today, plays, next } = await explain('di');
    expect(today.map(({ en }) => en)).toEqual([
      'Growing since 2025-01-07, new before.',
      'Has bought on 2 days, silent for 5 days.',
      'Total value 48.00 USD: net so far; nothing is predicted yet.',
      'Tier mid since 2025-01-03: 48.00 USD would be high (high above 23.00 USD, mid above 20.81 USD), but a tier is kept for 28 days.',
      "RFM segment Can't Lose, code 155.",
      'R 1: last purchase 2025-01-03, up to 2025-01-03.',
      'F 5: purchase days 2, above 1.',
      'M 5: net value 48.00 USD, above 23.00 USD.',
      'No warning: 0 points; without inactivity, for no model is in force yet.',
      'Lists: New.',
      'If nothing is bought, declining on 2025-07-04, churned on 2026-01-05.',
      'A purchase (purchase day 3) keeps the stage growing.',
    ]);
    expect(plays.map(({ segment, en, heldOut }) => [segment, en.slice(0, 10), heldOut])).toEqual([
      [null, 'Develop: r', false],
      ['newcomers', 'New: Greet', false],
    ]);
    expect(next.withPurchase).toEqual({ to: 'growing', purchaseDays: 3 });
  });

  it('holds no identifier of a person, in numbers or in text', async () => {
    const found = await explain('eve');
    expect(JSON.stringify(found) + explanationText(found)).not.toContain('example.com');
  });

  it.each([
    ['ada', undefined, 'Customer ada: erased on 2025-01-08, '],
    ['ada', '2025-01-06', 'Customer ada: erased on 2025-01-08, '],
    ['eve', '2025-01-06', 'Customer eve: not known yet on 2025-01-06, expected a later date. Leave --date out for 2025-01-08.'],
    ['fay', undefined, 'Customer fay: not known on 2025-01-08, expected a customer_id as the drops write it.'],
    [
      'wu',
      undefined,
      'Customer wu: not known yet on 2025-01-08, expected a transaction that was taken: the sale of 2025-01-08 waits, no exchange rate is known (MISSING_RATE), until 2025-01-15.',
    ],
    ['bo', '2025-01-05', 'Ask for 2025-01-06, or keep those of every date: `rebuild --snapshots all`.'],
    ['bo', '2024-12-31', 'Date 2024-12-31: not committed, '],
    ['', undefined, 'Customer id: 0 bytes, expected 1 to 256.'],
  ])('says of %j on %s why it cannot be explained', async (customerId, date, says) => {
    await expect(explain(customerId, date)).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(says) }),
    );
  });

  it('reads only', async () => {
    const before = copyPlaces(places);
    await explain('bo');
    expect(places.lake.keys()).toEqual(before.lake.keys());
  });

  it('forgets what was before an erasure of a customer who came back', async () => {
    const back = copyPlaces(places);
    const backDeps = memoryDeps(back, SMALL_SHOP_CONFIG);
    const rows = 'transaction_id,customer_id,occurred_at,amount,currency,type\nt90,ada,2025-01-10T12:00:00Z,6.00,USD,sale\n';
    for (const dt of ['2025-01-09', '2025-01-10']) {
      await back.drops.create(
        `dt=${dt}/transactions/z.csv`,
        Buffer.from(dt === '2025-01-10' ? rows : rows.replace('t90,ada', 't91,kim')),
      );
    }
    await back.drops.create('dt=2025-01-10/_SUCCESS', new Uint8Array(0));
    await runInMemory({ dropsUrl: back.drops.url, to: '2025-01-10' }, backDeps);
    const { timeline } = await explainCustomer({ customerId: 'ada' }, backDeps);
    expect(timeline.map(({ on, en }) => `${on} ${en}`)).toEqual([
      '2025-01-10 Bought: 6.00 USD',
      '2025-01-10 Stage: begins as new: first purchase',
    ]);
  });

  describe('the command', () => {
    const said = { out: '', err: '' };
    const unused = () => Promise.reject(new Error('not asked'));
    const context: CliContext = {
      openHome: async () => ({ deps, config: unused, openRunner: unused, close: async () => undefined }),
      openDrops: unused,
    };
    const perennial = async (...args: string[]) => {
      [said.out, said.err] = ['', ''];
      for (const name of ['out', 'err'] as const) {
        vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
          said[name] += String(text);
          return true;
        });
      }
      return runProgram(['explain', ...args], context);
    };
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it('prints text for a person, JSON for a script, of a home as of a stack', async () => {
      expect(await perennial('bo', '--lang', 'en')).toBe(0);
      expect(said.out).toBe(explanationText(await explain('bo'), 'en'));
      expect(await perennial('bo', '--json', '--stack', 'Shop', '--date', '2025-01-06')).toBe(0);
      expect(JSON.parse(said.out)).toEqual(await explain('bo', '2025-01-06'));
      expect(said.err).toBe('');
    });

    it('ends with 2 for who cannot be explained, in one line', async () => {
      expect(await perennial('nobody')).toBe(2);
      expect(said.err).toMatch(/^error: Customer nobody: not known on 2025-01-08, .*\n$/);
      expect(await perennial('bo', '--lang', 'fr')).toBe(2);
      expect(await perennial()).toBe(2);
      expect(said.out).toBe('');
    });
  });
});
