import { beforeEach, describe, expect, it } from 'vitest';
import { lakeKeys } from '../../../lib/keys.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { createJson, findJson, readJson } from '../../../lib/run/json-objects.ts';
import { openRun } from '../../../lib/run/open-run.ts';
import { listRuns, type RunRecord, readRun, updateRun } from '../../../lib/run/run-ledger.ts';
import type { Verdict } from '../../../lib/run/verify-run.ts';
import { plainDays, salesFile, salesOf } from '../../support/plain-drops.ts';
import { Crash, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';

const DATE = '2025-03-04';
const HELD = `r000002-${DATE}`;
const CONFIG = { shards: 1, destinations: [{ id: 'generic_csv' }], gates: { severity: { placement: 'error' } } };

describe('approve', () => {
  let places: MemoryPlaces;
  let deps: RunDeps;

  /** A day with too many unreadable rows, and a file where none is expected, which this shop will not have. */
  beforeEach(async () => {
    places = emptyPlaces();
    const files = {
      ...plainDays('2025-03-03', [20]),
      [salesOf(DATE)]: salesFile(DATE, 20, 4),
      [`dt=${DATE}/sales.csv`]: 'lost',
      [`dt=${DATE}/_SUCCESS`]: '',
    };
    for (const [key, text] of Object.entries(files)) await places.drops.create(key, Buffer.from(text));
    deps = memoryDeps(places, CONFIG);
    await runInMemory({ to: '2025-03-03', dropsUrl: places.drops.url }, deps);
    await expect(runInMemory({ dropsUrl: places.drops.url }, deps)).rejects.toMatchObject({
      name: 'DataQualityGateError',
      message: expect.stringMatching(
        /^Run r000002-2025-03-04 is held, .*quarantine_share on 2025-03-04: .*placement: 1 misplaced/,
      ),
    });
  });

  const approve = (waive: string[] = [], note = '') => ({ approve: { runId: HELD, waive, note } });
  const held = () => readRun(deps, HELD);
  const stepsOf = async (request: Parameters<typeof runInMemory>[0]) => {
    const begun: string[] = [];
    await runInMemory(request, deps, { before: (step) => void begun.push(step) });
    return begun;
  };

  it('gives the lease back while it waits for approval, with nothing shown', async () => {
    expect(await held()).toMatchObject({ state: 'HELD', attempt: 1, committedAt: '' });
    expect(await deps.runs.get({ pk: 'LEASE', sk: '-' })).toMatchObject({ runId: '' });
    expect(places.exports.keys().filter((key) => key.includes(HELD))).toEqual([]);
  });

  it('goes on with the same plan under a new fencing number; all that failed is waived when none is named', async () => {
    const plan = places.lake.peek(lakeKeys.plan(HELD));
    await runInMemory(approve([], 'asked the source'), deps);
    const { runSeq, attempt, waived, approvals, state, counts } = await held();
    expect({ runSeq, attempt, waived, state }).toEqual({
      runSeq: 3,
      attempt: 2,
      waived: ['placement', 'quarantine_share'],
      state: 'CLOSED',
    });
    expect(approvals).toEqual([
      { waive: ['placement', 'quarantine_share'], note: 'asked the source', at: expect.stringMatching(/Z$/) },
    ]);
    expect(counts).toMatchObject({ rows: 20, accepted: 16, quarantined: 4 });
    expect(places.lake.peek(lakeKeys.plan(HELD))).toBe(plan);
  });

  it('is held again by a gate that was not named; each attempt has its verdict', async () => {
    await expect(runInMemory(approve(['placement']), deps)).rejects.toMatchObject({
      message: expect.not.stringContaining('placement:'),
    });
    expect(await held()).toMatchObject({ state: 'HELD', attempt: 2, waived: ['placement'] });
    const request = { waitForDrop: false, snapshots: 'last', ...approve(['placement']) } as const;
    await expect(openRun({ request, execution: '' }, deps)).rejects.toMatchObject({
      name: 'UsageError',
      message: `Gate placement: did not fail in run ${HELD}, expected one of quarantine_share. Name one of these, or none.`,
    });
    await runInMemory(approve(), deps);
    expect(await held()).toMatchObject({ state: 'CLOSED', attempt: 3, waived: ['placement', 'quarantine_share'] });
    const passed = [0, 1, 2, 3].map((n) => findJson<Verdict>(deps.lake, lakeKeys.verdict(HELD, n)));
    expect((await Promise.all(passed)).map((verdict) => verdict?.passed)).toEqual([false, false, true, undefined]);
  });

  it('killed and asked again goes on, and is approved once', async () => {
    const crash = { before: (step: string) => (step === 'publish-segments' ? Promise.reject(new Crash()) : undefined) };
    await expect(runInMemory(approve(), deps, crash)).rejects.toBeInstanceOf(Crash);
    expect(await held()).toMatchObject({ state: 'OPEN', attempt: 2 });
    expect(await stepsOf(approve())).toContain('close-run');
    expect(await held()).toMatchObject({ state: 'CLOSED', attempt: 3, approvals: [{ note: '' }] });
  });

  it('is refused when the held run no longer goes on from what is committed', async () => {
    await updateRun(deps, { runId: HELD, runSeq: 9 }, { baseRunId: 'r000000-2025-03-02' } as Partial<RunRecord>);
    await expect(runInMemory(approve(), deps)).rejects.toMatchObject({
      name: 'UsageError',
      message: `Run ${HELD}: goes on from r000000-2025-03-02, but r000001-2025-03-03 is committed. Run ${DATE} again.`,
    });
    expect(await held()).toMatchObject({ state: 'HELD' });
  });

  it('never waives conservation', async () => {
    const key = lakeKeys.verdict(HELD);
    const verdict = await readJson<Verdict>(deps.lake, key);
    const checks = verdict.checks.map((check, at) => (at === 0 ? { ...check, status: 'failed', observed: '1' } : check));
    await places.lake.remove(key);
    await createJson(deps.lake, key, { ...verdict, checks });
    await expect(runInMemory(approve(), deps)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/found 1, expected \d+\. What was lost or made up cannot be approved; report it\.$/),
    });
  });

  it('a later night judges the held date again and takes its place', async () => {
    for (const [key, text] of Object.entries(plainDays('2025-03-05', [20]))) await places.drops.create(key, Buffer.from(text));
    await expect(runInMemory({ to: '2025-03-05', dropsUrl: places.drops.url }, deps)).rejects.toMatchObject({
      message: expect.stringMatching(/^Run r000003-2025-03-05 is held, .*quarantine_share on 2025-03-04: /),
    });
    const runs = await listRuns(deps);
    expect(runs.map(({ state, heldDates }) => [state, heldDates])).toEqual([
      ['CLOSED', []],
      ['SUPERSEDED', []],
      ['HELD', [DATE]],
    ]);
    await runInMemory({ approve: { runId: 'r000003-2025-03-05', waive: [], note: '' } }, deps);
    expect((await listRuns(deps)).at(-1)).toMatchObject({ state: 'CLOSED', from: DATE, to: '2025-03-05', counts: { rows: 40 } });
  });
});
