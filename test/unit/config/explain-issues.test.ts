import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';

const [segment] = parseConfig({}, 'x').segments;
const { where: _, ...halfSegment } = segment ?? {};

describe('a configuration that is refused', () => {
  it.each([
    [{ stages: { loyalPurchaseDays: 2 } }, '"stages.loyalPurchaseDays": is 2, expected at least 3'],
    [
      { stages: { churnedQ: 0.6, fallbackDecliningDays: 400 } },
      '"stages.churnedQ": is 0.6, above decliningQ, 0.5; expected at most that: whoever churns has declined before; "stages.fallbackDecliningDays": is 400, above fallbackChurnedDays, 365; expected at most that: whoever churns has declined before',
    ],
    [{ shards: 1025 }, '"shards": is 1025, expected at most 1024'],
    [{ shards: 1.5 }, '"shards": is the number 1.5, expected a whole number'],
    [{ shards: '4' }, '"shards": is text, expected a number'],
    [{ stages: [] }, '"stages": is a list, expected an object'],
    [{ segments: [] }, '"segments": has 0 items, expected at least 1'],
    [{ segments: [halfSegment] }, '"segments.0.where": missing, expected an object'],
    [{ rfm: { cutPolicy: 'weekly' } }, '"rfm.cutPolicy": is "weekly", expected one of "epoch", "nightly", "fixed"'],
    [
      {
        rfm: { cutPolicy: 'fixed', cuts: { recency: ['2025-02-30', 'x'], frequency: [1, 2, 3, 4], monetaryMinor: [1, 2, 3, 4] } },
      },
      '"rfm.cuts.recency.0": is "2025-02-30", expected a date YYYY-MM-DD; "rfm.cuts.recency.1": is "x", expected a date YYYY-MM-DD; "rfm.cuts.recency": has 2 items, expected exactly 4',
    ],
    [{ timezone: 'UTC' }, '"timezone": not known, expected a known key (did you mean timeZone?)'],
    [{ stages: { dwelNight: 1 } }, '"stages.dwelNight": not known, expected a known key (did you mean dwellNights?)'],
    [
      { colour: 1, tier: {} },
      '"colour": not known, expected a known key; "tier": not known, expected a known key (did you mean tiers?)',
    ],
    [{ clv: { model: 'mbg' } }, '"clv.model": is "mbg", expected one of "bg-nbd", "mbg-nbd", "pareto-nbd"'],
    [
      { clv: { discounting: 'dert' } },
      '"clv.discounting": dert is a sum of the Pareto/NBD model; expected model pareto-nbd with it, or another discounting',
    ],
    [
      { clv: { model: 'pareto-nbd', discounting: 'dert', monthlyDiscountRatio: 0 } },
      '"clv.monthlyDiscountRatio": is 0, expected more with dert: undiscounted purchases of the whole future may have no sum',
    ],
    [
      { clv: { discounting: 'lifetimes-weeks', horizonDays: 15 } },
      '"clv.horizonDays": is less than half a month, expected at least 16 with months that are not cut',
    ],
    [{ currency: 'EURO' }, '"currency": unknown currency EURO, expected an ISO 4217 code such as EUR'],
  ])('says what was found and what is expected: %j', (value, says) => {
    expect(() => parseConfig(value, 'shop.json')).toThrow(`Configuration shop.json: ${says}. Correct the file`);
  });
});
