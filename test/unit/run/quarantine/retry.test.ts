import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/load.ts';
import type { RunDeps } from '../../../../lib/run/deps.ts';
import { type QuarantineEntry, readQuarantine, sourcesOf } from '../../../../lib/run/quarantine/read-quarantine.ts';
import { readRetried } from '../../../../lib/run/quarantine/read-retried.ts';
import { retryQuarantine } from '../../../../lib/run/quarantine/retry-quarantine.ts';
import { retryRefusal } from '../../../../lib/run/quarantine/retry-refusal.ts';
import { committedChain } from '../../../../lib/run/read-results.ts';
import { listRuns } from '../../../../lib/run/run-ledger.ts';
import type { BusinessDate } from '../../../../lib/time.ts';
import { plainDays } from '../../../support/plain-drops.ts';
import { emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';

const FIRST = '2025-03-03';
const HEAD = '2025-03-12' as BusinessDate;
const CONFIG = { shards: 2, destinations: [{ id: 'generic_csv' }], gates: { maxMalformedShare: 0.9 } };
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id';

describe('quarantine retry', () => {
  let places: MemoryPlaces;
  let deps: RunDeps;

  /** Ten days; on the first a refund of a sale that never came, a conflict, bad rows of CSV, JSON Lines and customers. */
  beforeAll(async () => {
    places = emptyPlaces();
    const rows = [
      `orphan,c1,${FIRST}T10:00:00Z,4.00,USD,refund,never`,
      `twin,c2,${FIRST},5.00,USD,sale,`,
      `twin,c2,${FIRST},6.00,USD,sale,`,
      `"bad, one",c3,${FIRST},x,USD,sale,`,
    ];
    const files = {
      ...plainDays(
        FIRST,
        Array.from({ length: 10 }, () => 20),
      ),
      [`dt=${FIRST}/transactions/more.csv`]: `${HEADER}\n${rows.join('\n')}\n`,
      [`dt=${FIRST}/transactions/more.jsonl`]:
        '{"transaction_id":"j1","customer_id":"c4","occurred_at":"soon","amount":"1","currency":"USD","type":"sale"}\n',
      [`dt=${FIRST}/customers/people.csv`]: 'customer_id,email,consent_email\nc1,a@example.org,perhaps\n',
    };
    for (const [key, text] of Object.entries(files)) await places.drops.create(key, Buffer.from(text));
    deps = memoryDeps(places, CONFIG);
    await runInMemory({ from: FIRST, to: HEAD, dropsUrl: places.drops.url }, deps);
  });

  const entries = async (filter = {}) => {
    const found: QuarantineEntry[] = [];
    for await (const entry of readQuarantine(deps, await committedChain(deps), filter)) found.push(entry);
    return found;
  };
  const retry = async (filter = {}) => {
    const known = new Set<string>();
    const chain = await committedChain(deps);
    for await (const { sha256 } of sourcesOf(deps, chain)) known.add(sha256);
    const target = { drops: places.drops, date: chain[0]?.to as BusinessDate, config: parseConfig(CONFIG, 'test'), known };
    return retryQuarantine(readQuarantine(deps, chain, filter), target);
  };
  const textOf = (key: string | undefined) => Buffer.from(places.drops.peek(key ?? '')).toString('utf8');

  it('finds what rows showed and what only the fold could see, with the night of each', async () => {
    const found = (await entries()).map(({ knownOn, feed, rule, isPersonal, fact }) =>
      [knownOn, feed, rule, isPersonal ? 'personal' : '', fact ? 'fact' : 'row'].join(' '),
    );
    expect(new Set(found)).toEqual(
      new Set([
        `${FIRST} customers INVALID_FLAG personal row`,
        `${FIRST} transactions INVALID_AMOUNT  row`,
        `${FIRST} transactions INVALID_DATE  row`,
        `${FIRST} transactions CONFLICT  fact`,
        '2025-03-10 transactions ORPHAN  fact',
      ]),
    );
    expect(found).toHaveLength(6);
    const [personal] = await entries({ feed: 'customers' });
    expect(personal?.key).toMatch(/^pii\//);
    expect(personal?.message).not.toContain('example.org');
    expect(await entries({ from: '2025-03-10' })).toHaveLength(1);
    expect(await entries({ file: 'more.jsonl' })).toMatchObject([{ rule: 'INVALID_DATE' }]);
    expect(await entries({ id: personal?.id ?? '' })).toEqual([personal]);
  });

  it('writes rows in the form in which they came, once', async () => {
    const csv = await retry({ rule: 'INVALID_AMOUNT' });
    expect(csv.files).toMatchObject([{ feed: 'transactions', rows: 1, written: 'created' }]);
    expect(csv.files[0]?.key).toMatch(new RegExp(`^dt=${HEAD}/transactions/retry-[0-9a-f]{16}\\.csv$`));
    expect(textOf(csv.files[0]?.key)).toBe(`${HEADER}\n"bad, one",c3,${FIRST},x,USD,sale,\n`);
    expect((await retry({ rule: 'INVALID_AMOUNT' })).files).toMatchObject([{ key: csv.files[0]?.key, written: 'same' }]);
    const json = await retry({ rule: 'INVALID_DATE' });
    expect(json.files[0]?.key).toMatch(/\.jsonl$/);
    expect(JSON.parse(textOf(json.files[0]?.key))).toMatchObject({ transaction_id: 'j1', occurred_at: 'soon' });
    for (const { key } of [...csv.files, ...json.files]) await places.drops.remove(key);
  });

  it('leaves conflicts alone and says why', async () => {
    expect(await retry({ rule: 'CONFLICT' })).toEqual({ files: [], refused: { [expectedReason]: 2 } });
  });

  it('brings a refund that waited in vain back, when its sale has come', async () => {
    const { files } = await retry({ rule: 'ORPHAN' });
    expect(JSON.parse(textOf(files[0]?.key))).toEqual({
      transaction_id: 'orphan',
      customer_id: 'c1',
      occurred_at: `${FIRST}T10:00:00.000Z`,
      amount: '4.00',
      currency: 'USD',
      type: 'refund',
      original_transaction_id: 'never',
    });
    const sale = `never,c1,${FIRST}T09:00:00Z,4.00,USD,sale,`;
    await places.drops.create('dt=2025-03-13/transactions/sales.csv', Buffer.from(`${HEADER}\n${sale}\n`));
    await places.drops.create('dt=2025-03-13/_SUCCESS', Buffer.from(''));
    await runInMemory({ dropsUrl: places.drops.url }, deps);
    expect((await listRuns(deps)).at(-1)?.counts).toMatchObject({
      rows: 2,
      accepted: 2,
      quarantined: 0,
      pending: 0,
      duplicates: 0,
    });
  });

  it('knows a row again whose retry a run took, and leaves it out', async () => {
    const retried = await readRetried(deps, await committedChain(deps), parseConfig(CONFIG, 'test'));
    const taken = (await entries()).filter((entry) => retried.has(entry)).map(({ rule }) => rule);
    expect(taken).toEqual(['ORPHAN']);
    const target = { drops: places.drops, date: HEAD, config: parseConfig(CONFIG, 'test'), known: new Set<string>(), retried };
    const again = await retryQuarantine(readQuarantine(deps, await committedChain(deps), { rule: 'ORPHAN' }), target);
    expect(again).toEqual({ files: [], refused: { 'a run took them back already': 1 } });
  });
});

/** Why a conflict is not retried. */
const expectedReason = 'another row has this id with other content: deliver a void of the old id, or the row under a new id';

describe('retryRefusal', () => {
  const entry = (rule: string, row: object | undefined, file = 'dt=2025-03-03/transactions/a.csv') =>
    ({
      id: '',
      key: '',
      knownOn: FIRST,
      feed: 'transactions',
      file,
      line: 2,
      rule,
      message: '',
      row,
      fact: undefined,
      isPersonal: false,
    }) as unknown as QuarantineEntry;
  const row = { raw: 'a', rawEncoding: 'utf8', rawTruncated: false, header: 'h' };

  it.each([
    ['a row of a file with header', 'INVALID_DATE', row, undefined],
    ['a text that is broken in itself', 'UNCLOSED_QUOTE', row, 'the text itself is broken: deliver the row anew'],
    ['a text that was cut', 'INVALID_DATE', { ...row, rawTruncated: true }, 'its text was not kept whole: deliver the row anew'],
    [
      'a row without its header',
      'INVALID_DATE',
      { ...row, header: '' },
      'the header of its file was not kept: deliver the row anew',
    ],
    ['a fact that waited', 'MISSING_RATE', undefined, undefined],
    [
      'a fact that waits for nothing',
      'CURRENCY_MISMATCH',
      undefined,
      'the refund has another currency than its original: deliver it in that of the original',
    ],
    [
      'a refund of which a part was taken',
      'EXCESS_REFUND',
      undefined,
      'a part of it was taken already: deliver the rest as a refund of its own',
    ],
    ['a fact refused for a rule that is not known here', 'OTHER', undefined, 'only the fold refused it: deliver it corrected'],
  ])('of %s', (_, rule, found, reason) => {
    expect(retryRefusal(entry(rule, found), true)).toBe(reason);
  });

  it('needs no header where the mapping has none, or the row is JSON', () => {
    const bare = { ...row, header: '' };
    expect(retryRefusal(entry('INVALID_DATE', bare), false)).toBeUndefined();
    expect(retryRefusal(entry('INVALID_DATE', bare, 'dt=2025-03-03/transactions/a.jsonl.gz'), true)).toBeUndefined();
  });
});
