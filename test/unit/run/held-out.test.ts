import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExportFigures } from '../../../lib/report/export-figures.ts';
import { addDays, type BusinessDate, datesBetween } from '../../../lib/time.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';

const FIRST = '2025-03-01' as BusinessDate;
const CUSTOMERS = 200;
const SHARE = 0.4;
/** The least after which groups are compared. */
const DAYS = 21;
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id\n';

const segment = (id: string, holdoutShare: number, where: object = {}) => ({
  id,
  name: { en: id, zh: id },
  play: { en: 'Greet', zh: '问候' },
  holdoutShare,
  where,
});
const configOf = (share: number, shards = 2) => ({
  shards,
  gates: { severity: { zero_rows: 'off' } },
  segments: [segment('everybody', share), segment('nobody_held', 0), segment('rich', 0.5, { monetaryMinor: { min: 2000 } })],
  destinations: [{ id: 'generic_csv' }],
});

const idOf = (i: number) => `客-${i}`;
/** As docs/data-contract.md tells others to compute it. */
const isHeldOut = (name: string, id: string, share = SHARE) =>
  createHash('sha256').update(`${name}/${id}`).digest().readUInt32BE(0) < share * 2 ** 32;
const everybody = Array.from({ length: CUSTOMERS }, (_, i) => idOf(i));

/**
 * All buy on the first day for 10.00, one of ten for 20.00 more. Later a third of those who may be treated buys for 7.00, a tenth of
 * the others; some of those give it all back, and somebody's first purchase is refunded, which is no event of later.
 */
function rows(): Map<BusinessDate, string[]> {
  const day = addDays(FIRST, 10);
  const [begin, later]: string[][] = [[], []];
  everybody.forEach((id, i) => {
    begin?.push(`a${i},${id},${FIRST}T10:00:00Z,${i % 10 === 0 ? '30.00' : '10.00'},USD,sale,`);
    if (!buysLater(id, i)) return;
    later?.push(`b${i},${id},${day}T10:00:00Z,7.00,USD,sale,`);
    if (i % 7 === 0) later?.push(`c${i},${id},${day}T11:00:00Z,7.00,USD,refund,b${i}`);
  });
  later?.push(`d1,${idOf(1)},${day}T12:00:00Z,4.00,USD,refund,a1`);
  return new Map([
    [FIRST, begin ?? []],
    [day, later ?? []],
  ]);
}
const buysLater = (id: string, i: number) => i % (isHeldOut('everybody', id) ? 10 : 3) === 0;

async function shopPlaces(to: BusinessDate): Promise<MemoryPlaces> {
  const drops = new MemoryStore('memory:drops');
  const facts = rows();
  for (const date of datesBetween(FIRST, to)) {
    const own = facts.get(date);
    if (own) await drops.create(`dt=${date}/transactions/a.csv`, Buffer.from(`${HEADER}${own.join('\n')}\n`));
    await drops.create(`dt=${date}/_SUCCESS`, new Uint8Array(0));
  }
  return emptyPlaces(drops);
}

const night = (places: MemoryPlaces, to: BusinessDate, config: object = configOf(SHARE)) =>
  runInMemory({ to, dropsUrl: places.drops.url }, memoryDeps(places, config));

/** The one object of the places whose key matches, decoded. */
function only(store: MemoryStore, pattern: RegExp): Buffer {
  const keys = store.keys().filter((key) => pattern.test(key));
  expect(keys).toHaveLength(1);
  return Buffer.from(store.peek(keys[0] as string));
}
const idsOf = ({ exports }: MemoryPlaces, name: string, role: string, dt: BusinessDate) =>
  gunzipSync(only(exports, new RegExp(`segment=${name}/.*dt=${dt}/.*/${role}-00001`)))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0]);
const figuresOf = ({ lake }: MemoryPlaces, dt: BusinessDate) =>
  JSON.parse(only(lake, new RegExp(`kpi/dt=${dt}/.*\\.exports\\.json$`)).toString()) as ExportFigures;
const byId = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What the raw rows say of a group since the first day. */
function naive(ids: readonly string[]) {
  const buyers = ids.filter((id) => buysLater(id, everybody.indexOf(id)) && everybody.indexOf(id) % 7 !== 0);
  return { customers: ids.length, buyers: buyers.length, net_minor: 700 * buyers.length };
}

describe('a holdout group', () => {
  const compared = addDays(FIRST, DAYS);
  let first: MemoryPlaces;
  let places: MemoryPlaces;

  beforeAll(async () => {
    places = await shopPlaces(compared);
    await night(places, FIRST);
    first = copyPlaces(places);
    await night(places, compared);
  });

  it('is in no list, and counted in the manifest', () => {
    const treated = everybody.filter((id) => !isHeldOut('everybody', id)).sort(byId);
    expect(idsOf(first, 'everybody', 'full', FIRST)).toEqual(treated);
    expect(idsOf(first, 'everybody', 'entered', FIRST)).toEqual(treated);
    expect(idsOf(first, 'nobody_held', 'full', FIRST)).toEqual([...everybody].sort(byId));
    const manifest = JSON.parse(only(first.exports, /segment=everybody\/.*manifest\.json$/).toString());
    expect(manifest.counts).toEqual({
      full: treated.length,
      entered: treated.length,
      exited: 0,
      holdout: CUSTOMERS - treated.length,
    });
    expect(manifest.segment.holdoutShare).toBe(SHARE);
  });

  it('is not told to who reads profiles', async () => {
    const held = everybody.filter((id) => isHeldOut('everybody', id));
    expect(held.length).toBeGreaterThan(0);
    for (const [id, expected] of [
      [held.find((one) => everybody.indexOf(one) % 10 !== 0), ['nobody_held']],
      [everybody.find((one, i) => !isHeldOut('everybody', one) && i % 10 !== 0), ['everybody', 'nobody_held']],
    ] as const) {
      expect((await first.profiles.get({ customer_id: id as string }))?.['segments']).toEqual(expected);
    }
  });

  it('is compared with who was exported three weeks ago, as the raw rows say', () => {
    const figures = figuresOf(places, compared);
    const [of] = figures.holdouts;
    const [treated, heldOut] = [false, true].map((held) => everybody.filter((id) => isHeldOut('everybody', id) === held)) as [
      string[],
      string[],
    ];
    expect(of).toMatchObject({ segment: 'everybody', holdout_share: SHARE, as_of: FIRST, days: DAYS, verdict: 'more' });
    expect(of?.treated).toMatchObject(naive(treated));
    expect(of?.held_out).toMatchObject(naive(heldOut));
    expect(figures.holdouts.map(({ segment: name, verdict }) => `${name} ${verdict}`)).toEqual([
      'everybody more',
      'rich not_enough_data',
    ]);
  });

  it('tells what every publication holds', () => {
    const { publications } = figuresOf(places, compared);
    const manifest = only(places.exports, new RegExp(`segment=everybody/.*dt=${compared}/.*manifest\\.json$`));
    const { counts, files } = JSON.parse(manifest.toString());
    const heldOut = (name: string, share: number, of = everybody) => of.filter((id) => isHeldOut(name, id, share)).length;
    const rich = everybody.filter((_, i) => i % 10 === 0);
    expect(publications.map(({ segment: name, holdout }) => [name, holdout])).toEqual([
      ['everybody', heldOut('everybody', SHARE)],
      ['nobody_held', 0],
      ['rich', heldOut('rich', 0.5, rich)],
    ]);
    expect(publications[0]).toEqual({
      segment: 'everybody',
      destination: 'generic_csv',
      ...counts,
      files: 3,
      bytes: files.reduce((sum: number, file: { bytes: number }) => sum + file.bytes, 0),
      sha256: createHash('sha256')
        .update(files.map(({ sha256 }: { sha256: string }) => `${sha256}\n`).join(''))
        .digest('hex'),
    });
  });

  it('is the same whatever the number of shards', async () => {
    const other = emptyPlaces(places.drops);
    for (const to of [FIRST, compared]) await night(other, to, configOf(SHARE, 1));
    expect(figuresOf(other, compared).holdouts).toEqual(figuresOf(places, compared).holdouts);
  });

  it('that grows takes members out of the lists, and is compared from then on', async () => {
    const grown = copyPlaces(first);
    await night(grown, compared, configOf(0.5));
    const taken = everybody.filter((id) => isHeldOut('everybody', id, 0.5) && !isHeldOut('everybody', id)).sort(byId);
    expect(taken.length).toBeGreaterThan(0);
    expect(idsOf(grown, 'everybody', 'exited', compared)).toEqual(taken);
    const verdicts = figuresOf(grown, compared).holdouts.map(({ segment: name, verdict }) => `${name} ${verdict}`);
    expect(verdicts).toEqual(['everybody too_early', 'rich not_enough_data']);
  });

  it('is told as lost, and stops no night, when the membership of that date is gone', async () => {
    const later = copyPlaces(first);
    await night(later, addDays(FIRST, 1));
    for (const key of later.lake.keys()) if (key.includes(`membership/dt=${FIRST}`)) await later.lake.remove(key);
    await night(later, compared);
    const { verdict, as_of: asOf } = figuresOf(later, compared).holdouts[0] as ExportFigures['holdouts'][number];
    expect([verdict, asOf]).toEqual(['members_gone', FIRST]);
  });
});
