import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import {
  type ExportFigures,
  encodeExportFigures,
  type GroupOutcomes,
  holdoutFigures,
  MIN_GROUP,
  sumOutcomes,
} from '../../../lib/report/export-figures.ts';

const group = (customers: number, buyers: number, netMinor = 0) => ({ customers, buyers, netMinor });
const outcome = (treated: GroupOutcomes['treated'], heldOut: GroupOutcomes['heldOut'], segment = 'a'): GroupOutcomes => ({
  segment,
  treated,
  heldOut,
});
const segment = { id: 'a', holdoutShare: 0.1 };
const base = { asOf: '2025-03-01', days: 28 };

describe('sumOutcomes', () => {
  it('adds the groups of the shards by segment', () => {
    const [one, two] = [outcome(group(3, 1, 500), group(2, 1, -40)), outcome(group(4, 2, 70), group(5, 0, 0))];
    expect(sumOutcomes([[one], [two, outcome(group(1, 1, 9), group(0, 0), 'b')]])).toEqual([
      outcome(group(7, 3, 570), group(7, 1, -40)),
      outcome(group(1, 1, 9), group(0, 0), 'b'),
    ]);
  });

  it('knows nothing when one shard does not', () => {
    expect(sumOutcomes([[outcome(group(3, 1), group(2, 1))], null])).toBeNull();
  });
});

describe('holdoutFigures', () => {
  const verdict = (treated: GroupOutcomes['treated'], heldOut: GroupOutcomes['heldOut']) =>
    holdoutFigures(segment, base, [outcome(treated, heldOut)]).verdict;

  it('tells more, fewer, and what chance may have done', () => {
    expect(verdict(group(1000, 400), group(100, 20))).toBe('more');
    expect(verdict(group(1000, 200), group(100, 40))).toBe('fewer');
    expect(verdict(group(1000, 300), group(100, 29))).toBe('no_difference');
  });

  it('compares no group of fewer than 50 customers', () => {
    expect(verdict(group(1000, 400), group(MIN_GROUP - 1, 0))).toBe('not_enough_data');
    expect(verdict(group(MIN_GROUP - 1, 49), group(MIN_GROUP, 0))).toBe('not_enough_data');
    expect(verdict(group(1000, 400), group(MIN_GROUP, 0))).toBe('more');
    expect(holdoutFigures(segment, base, [outcome(group(10, 4, 300), group(0, 0))])).toMatchObject({
      treated: { customers: 10, buyers: 4, purchase_rate: 0.4, net_minor: 300, net_minor_per_customer: 30 },
      held_out: { customers: 0, purchase_rate: null, net_minor_per_customer: null },
      difference: null,
    });
  });

  it('says why there is nothing to compare', () => {
    const nothing = { treated: null, held_out: null, difference: null };
    expect(holdoutFigures(segment, undefined, [])).toMatchObject({ ...nothing, verdict: 'too_early', as_of: null, days: null });
    expect(holdoutFigures(segment, base, [])).toMatchObject({ ...nothing, verdict: 'too_early', as_of: null });
    expect(holdoutFigures(segment, base, null)).toMatchObject({ ...nothing, verdict: 'members_gone', as_of: '2025-03-01' });
  });
});

describe('encodeExportFigures', () => {
  it('is every number in long form, without what is null', async () => {
    const publication = {
      segment: 'a',
      destination: 'generic_csv',
      full: 9,
      entered: 2,
      exited: 1,
      holdout: 3,
      files: 3,
      bytes: 700,
    };
    const figures: ExportFigures = {
      schemaVersion: 1,
      date: '2025-03-29',
      currency: 'EUR',
      publications: [{ ...publication, sha256: 'f00d' }],
      holdouts: [
        holdoutFigures(segment, base, [outcome(group(200, 50, 1000), group(40, 0, 0))]),
        holdoutFigures(segment, undefined, []),
      ],
    };
    const rows = (await parquetReadObjects({ file: encodeExportFigures(figures).slice().buffer })) as Record<
      string,
      string | number | null
    >[];
    expect(rows[0]).toEqual({
      date: '2025-03-29',
      currency: 'EUR',
      segment: 'a',
      destination: 'generic_csv',
      measure: 'full',
      value: 9,
    });
    expect(rows.map(({ destination, measure, value }) => `${destination ?? ''} ${measure} ${value}`)).toEqual([
      ...['full 9', 'entered 2', 'exited 1', 'holdout 3', 'files 3', 'bytes 700'].map((line) => `generic_csv ${line}`),
      ...['holdout_share 0.1', 'days 28', 'treated_customers 200', 'treated_buyers 50', 'treated_purchase_rate 0.25'].map(
        (line) => ` ${line}`,
      ),
      ...['treated_net_minor 1000', 'treated_net_minor_per_customer 5'].map((line) => ` ${line}`),
      ...['held_out_customers 40', 'held_out_buyers 0', 'held_out_purchase_rate 0'].map((line) => ` ${line}`),
      ...['held_out_net_minor 0', 'held_out_net_minor_per_customer 0', 'holdout_share 0.1'].map((line) => ` ${line}`),
    ]);
  });
});
