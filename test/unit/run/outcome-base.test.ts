import { describe, expect, it } from 'vitest';
import { hashJson, parseConfig } from '../../../lib/config/load.ts';
import { lakeKeys } from '../../../lib/keys.ts';
import { jsonBytes } from '../../../lib/run/json-objects.ts';
import { findOutcomeBase } from '../../../lib/run/outcome-base.ts';
import type { RunRecord } from '../../../lib/run/run-ledger.ts';
import { addDays, type BusinessDate } from '../../../lib/time.ts';
import { emptyPlaces, memoryDeps } from '../../support/run-in-memory.ts';

const TO = '2025-06-30' as BusinessDate;

const configOf = (shares: Record<string, number>) => ({
  segments: Object.entries(shares).map(([id, holdoutShare]) => ({
    id,
    name: { en: id, zh: id },
    play: { en: id, zh: id },
    holdoutShare,
    where: {},
  })),
});

/** The publication compared at TO, as `<days before> <segments>`, given how old each run is and what it held out; newest first. */
async function compared(runs: readonly (readonly [age: number, shares: Record<string, number>])[], now: Record<string, number>) {
  const deps = memoryDeps(emptyPlaces());
  const chain: RunRecord[] = [];
  for (const [age, shares] of runs) {
    const config = configOf(shares);
    const configSha256 = hashJson(config);
    await deps.lake.create(lakeKeys.config(configSha256), jsonBytes(config));
    chain.push({ runId: `r${age}`, to: addDays(TO, -age), configSha256 } as RunRecord);
  }
  const base = await findOutcomeBase(deps, chain, { to: TO, config: parseConfig(configOf(now), 'now') });
  return base && `${base.runId} ${base.dt === addDays(TO, -Number(base.runId.slice(1)))} ${base.segments.join()}`;
}
const ages = (...days: number[]) => days.map((age) => [age, { a: 0.1 }] as const);

describe('findOutcomeBase', () => {
  it('takes the publication nearest to 28 days ago, of two as near the older', async () => {
    expect(await compared(ages(1, 8, 22, 30, 37), { a: 0.1 })).toBe('r30 true a');
    expect(await compared(ages(26, 28, 29), { a: 0.1 })).toBe('r28 true a');
    expect(await compared(ages(27, 29), { a: 0.1 })).toBe('r29 true a');
  });

  it('takes none younger than 21 days or older than 35', async () => {
    expect(await compared(ages(20, 36), { a: 0.1 })).toBeUndefined();
    expect(await compared(ages(21), { a: 0.1 })).toBe('r21 true a');
    expect(await compared(ages(35), { a: 0.1 })).toBe('r35 true a');
    expect(await compared([], { a: 0.1 })).toBeUndefined();
  });

  it('compares segments that have held out the same share in every run since', async () => {
    const all = { a: 0.1, b: 0.2, c: 0.3, d: 0 };
    const between = { a: 0.1, b: 0.25, c: 0.3, d: 0 };
    const runs = [
      [1, all],
      [10, between],
      [28, all],
    ] as const;
    expect(await compared(runs, all)).toBe('r28 true a,c');
    expect(await compared(runs, { a: 0.1, c: 0.2, e: 0.1 })).toBe('r28 true a');
    expect(await compared(runs, { c: 0, d: 0.1 })).toBeUndefined();
  });

  it('goes to a younger publication when the nearest held out nobody', async () => {
    const runs = [
      [1, { a: 0.1 }],
      [22, { a: 0.1 }],
      [28, { a: 0 }],
    ] as const;
    expect(await compared(runs, { a: 0.1 })).toBe('r22 true a');
  });
});
