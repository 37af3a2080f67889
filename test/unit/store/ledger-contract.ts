import { expect, it } from 'vitest';
import { LockHeldError, RunSupersededError } from '../../../lib/errors.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import {
  acquireLease,
  findCurrent,
  findRun,
  insertRun,
  moveCurrent,
  type RunRecord,
  releaseLease,
  renewLease,
  updateRun,
} from '../../../lib/run/run-ledger.ts';
import type { Table } from '../../../lib/store/tables.ts';
import type { BusinessDate } from '../../../lib/time.ts';

const HOLDERS = 8;
const LEASE_MS = 60_000;
const DAY = '2025-01-06' as BusinessDate;

/** What two runs at once must not do to each other, on a table of runs that is empty at first. */
export function describeLedger(runs: Table): void {
  const holder = (pid: number, now = 0): RunDeps =>
    ({
      runs,
      now: () => now,
      leaseMs: LEASE_MS,
      owner: { host: 'h', pid, command: 'run' },
      isExclusive: false,
      isDead: () => false,
    }) as Partial<RunDeps> as RunDeps;
  /** Who of several that begin together gets through, and what the others are told. */
  const race = async <T>(works: readonly (() => Promise<T>)[], refusal: new (message: string) => Error) => {
    const results = await Promise.allSettled(works.map((work) => work()));
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(refusal);
    return results.flatMap((result, index) => (result.status === 'fulfilled' ? [{ index, value: result.value }] : []));
  };
  const holders = Array.from({ length: HOLDERS }, (_, index) => index);

  it('gives the lease to one of many runs at once, and after its end to one of the next, with a higher number', async () => {
    const first = await race(
      holders.map((pid) => () => acquireLease(holder(pid), `run-${pid}`)),
      LockHeldError,
    );
    expect(first).toEqual([{ index: expect.any(Number), value: 1 }]);
    const second = await race(
      holders.map((pid) => () => acquireLease(holder(pid, LEASE_MS + 1), `late-${pid}`)),
      LockHeldError,
    );
    expect(second).toEqual([{ index: expect.any(Number), value: 2 }]);
    const [old, young] = [
      { runId: `run-${first[0]?.index}`, runSeq: 1 },
      { runId: `late-${second[0]?.index}`, runSeq: 2 },
    ];
    await expect(renewLease(holder(0, LEASE_MS + 2), old)).rejects.toThrow(RunSupersededError);
    await releaseLease(holder(0), old);
    await renewLease(holder(0, LEASE_MS + 2), young);
    await expect(acquireLease(holder(9, 2 * LEASE_MS), 'other')).rejects.toThrow(LockHeldError);
    await releaseLease(holder(0), young);
    expect(await acquireLease(holder(9, 2 * LEASE_MS), 'other')).toBe(3);
  });

  it('inserts a run once, and refuses what an older holder writes', async () => {
    const record = (runSeq: number) => ({ runId: 'r1', state: 'OPEN', runSeq }) as Partial<RunRecord> as RunRecord;
    const inserted = await race(
      holders.map((index) => () => insertRun(holder(0), record(index + 1))),
      RunSupersededError,
    );
    expect(inserted).toHaveLength(1);
    const runSeq = (inserted[0]?.index ?? 0) + 1;
    await updateRun(holder(0), { runId: 'r1', runSeq: 10 }, { runSeq: 10, state: 'OPEN' });
    await expect(updateRun(holder(0), { runId: 'r1', runSeq }, { state: 'FAILED' })).rejects.toThrow(RunSupersededError);
    await expect(updateRun(holder(0), { runId: 'none', runSeq: 10 }, { state: 'FAILED' })).rejects.toThrow(RunSupersededError);
    expect(await findRun(holder(0), 'r1')).toMatchObject({ state: 'OPEN', runSeq: 10 });
    expect(await findRun(holder(0), 'none')).toBeUndefined();
  });

  it('moves CURRENT for one of many runs from the same base, and never back', async () => {
    const next = (index: number, runSeq: number) => ({ runId: `c${runSeq}-${index}`, dt: DAY, runSeq, publication: '' });
    const move = (runSeq: number, base: string) =>
      race(
        holders.map((index) => () => moveCurrent(holder(0), next(index, runSeq), base)),
        RunSupersededError,
      );
    const [first, ...others] = await move(5, '');
    expect(others).toEqual([]);
    const base = `c5-${first?.index}`;
    expect(await findCurrent(holder(0))).toMatchObject({ runId: base, runSeq: 5 });
    expect(await move(5, base)).toEqual([expect.objectContaining({ index: first?.index })]);
    expect(await move(4, base)).toEqual([]);
    const second = await move(6, base);
    expect(second).toHaveLength(1);
    expect(await move(7, base)).toEqual([]);
    expect(await findCurrent(holder(0))).toMatchObject({ runId: `c6-${second[0]?.index}`, runSeq: 6 });
  });
}
