import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunRequest } from '../../lib/run/contracts.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { readJson } from '../../lib/run/json-objects.ts';
import { type RunPlan, readPlan } from '../../lib/run/plan.ts';
import { findCurrent, listRuns, type RunRecord } from '../../lib/run/run-ledger.ts';
import { type Verdict, verdictKey } from '../../lib/run/verify-run.ts';
import { plainDays, salesFile, salesOf } from '../support/plain-drops.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';

const [YESTERDAY, TONIGHT, TOMORROW] = ['2025-03-05', '2025-03-06', '2025-03-07'];
const MARKER = `dt=${TONIGHT}/_SUCCESS`;
const MANIFEST = `dt=${TONIGHT}/manifest.json`;
const CONFIG = { shards: 1, destinations: [{ id: 'generic_csv' }] };

/** Rows of a usual day: few enough to be fast, many enough that none at all is a breach. */
const USUAL = 250;

describe('a drop that is not as it should be', () => {
  let base: MemoryPlaces;
  let places: MemoryPlaces;
  let deps: RunDeps;
  const notices: string[] = [];

  /** Three usual days are committed. */
  beforeAll(async () => {
    base = emptyPlaces();
    for (const [key, text] of Object.entries(plainDays('2025-03-03', [USUAL, USUAL, USUAL]))) {
      await base.drops.create(key, Buffer.from(text));
    }
    const request = { from: '2025-03-03', to: YESTERDAY, dropsUrl: base.drops.url };
    await runInMemory(request, memoryDeps(base, CONFIG));
  });
  beforeEach(() => {
    notices.length = 0;
    places = copyPlaces(base);
    deps = memoryDeps(places, CONFIG, {
      notifier: {
        notify: async (subject) => {
          notices.push(subject);
        },
      },
    });
  });

  const give = async (files: Readonly<Record<string, string>>) => {
    for (const [key, text] of Object.entries(files)) {
      await places.drops.remove(key);
      await places.drops.create(key, Buffer.from(text));
    }
  };
  const run = (request: Partial<RunRequest> = {}) => runInMemory({ to: TONIGHT, dropsUrl: places.drops.url, ...request }, deps);
  const states = async () => (await listRuns(deps)).map(({ state }) => state);
  const newest = async () => (await listRuns(deps)).at(-1) as RunRecord;
  const planOf = async (): Promise<RunPlan> => readPlan(deps, (await newest()).runId);
  const warnings = async () => {
    const { checks } = await readJson<Verdict>(deps.lake, verdictKey(await newest()));
    return checks.filter(({ status }) => status === 'failed').map(({ name, severity, observed }) => [name, severity, observed]);
  };

  it('missing: the scheduled run waits without lease or record; asked by hand it fails at once', async () => {
    const before = await listRuns(deps);
    const { to: _, ...scheduled } = { to: '', waitForDrop: true, scheduledTime: `${TOMORROW}T04:30:00Z` };
    const problem = `Drop ${TONIGHT}: no folder`;
    expect(await run({ ...scheduled, to: undefined })).toEqual({ decision: 'wait', missing: expect.stringContaining(problem) });
    expect(await listRuns(deps)).toEqual(before);
    await expect(run()).rejects.toMatchObject({ name: 'DropNotReadyError', message: expect.stringContaining(problem) });
    expect(await listRuns(deps)).toEqual(before);
    expect(notices).toEqual(['Perennial: run none ended NONE']);
  });

  it('late: a file that comes after its night is taken by the next one, once', async () => {
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL), [MARKER]: '' });
    await run();
    const late = salesFile(TONIGHT, 7).replaceAll(`${TONIGHT}-`, 'late-');
    await give({ [`dt=${TONIGHT}/transactions/late.csv`]: late, ...plainDays(TOMORROW, [USUAL]) });
    await run({ to: TOMORROW });
    expect(await newest()).toMatchObject({ state: 'CLOSED', counts: { rows: USUAL + 7, accepted: USUAL + 7, duplicates: 0 } });
  });

  it('arrives twice: the copy is not taken, and said so', async () => {
    const copy = `dt=${TONIGHT}/transactions/sales-again.csv`;
    await give({ [copy]: salesFile(TONIGHT, USUAL), [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL), [MARKER]: '' });
    await run();
    expect(await newest()).toMatchObject({ state: 'CLOSED', counts: { files: 1, rows: USUAL, duplicates: 0 } });
    expect((await planOf()).skipped).toEqual([{ key: salesOf(TONIGHT), reason: `same content as ${copy}` }]);
    expect(await warnings()).toEqual([]);
  });

  it('wrong checksum: fails, shows nothing, and runs when the file is whole', async () => {
    const files = [{ path: 'transactions/sales.csv', rows: USUAL, sha256: '0'.repeat(64) }];
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL), [MANIFEST]: JSON.stringify({ files }) });
    await expect(run()).rejects.toMatchObject({ name: 'InvalidDropError', message: expect.stringContaining(salesOf(TONIGHT)) });
    expect(await states()).toEqual(['CLOSED', 'FAILED']);
    expect((await findCurrent(deps))?.dt).toBe(YESTERDAY);
    await give({ [MANIFEST]: JSON.stringify({ files: [{ path: 'transactions/sales.csv', rows: USUAL }] }) });
    await run();
    expect(await newest()).toMatchObject({ state: 'CLOSED', counts: { rows: USUAL } });
  });

  it('empty: a file of 0 bytes fails; a header without rows where many are usual is held', async () => {
    await give({ [salesOf(TONIGHT)]: '', [MARKER]: '' });
    await expect(run()).rejects.toMatchObject({ name: 'InvalidDropError', message: expect.stringContaining('0 bytes') });
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, 0) });
    await expect(run()).rejects.toMatchObject({
      name: 'DataQualityGateError',
      message: expect.stringContaining(`zero_rows on ${TONIGHT}: 0 rows, expected at least 1 row, ${USUAL} are usual.`),
    });
    expect(await states()).toEqual(['CLOSED', 'FAILED', 'HELD']);
    expect((await findCurrent(deps))?.dt).toBe(YESTERDAY);
    expect(notices.at(-1)).toBe(`Perennial: run r000003-${TONIGHT} is held for approval`);
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL) });
    await run();
    expect(await states()).toEqual(['CLOSED', 'FAILED', 'SUPERSEDED', 'CLOSED']);
  });

  it("yesterday's file renamed: held, with the file named", async () => {
    await give({ [salesOf(TONIGHT)]: salesFile(YESTERDAY, USUAL), [MARKER]: '' });
    const why = `${salesOf(TONIGHT)} was not taken: same content as ${salesOf(YESTERDAY)}.`;
    await expect(run()).rejects.toMatchObject({ name: 'DataQualityGateError', message: expect.stringContaining(why) });
    expect(await states()).toEqual(['CLOSED', 'HELD']);
  });

  it("yesterday's file with one row more: taken; its age and its copies are told", async () => {
    await give({ [salesOf(TONIGHT)]: salesFile(YESTERDAY, USUAL + 1), [MARKER]: '' });
    await run();
    expect(await newest()).toMatchObject({ state: 'CLOSED', counts: { duplicates: USUAL } });
    expect(await warnings()).toEqual([
      ['freshness', 'warn', `newest event on ${YESTERDAY}`],
      ['uniqueness', 'warn', `${USUAL} copies and 0 conflicts in ${USUAL + 1} rows (99.6 %)`],
    ]);
    expect(notices).toEqual([`Perennial: ${TONIGHT} is committed, 2 checks to look at`]);
  });

  it('one poison row: refused and counted, the night goes on without a word of the checks', async () => {
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL, 1), [MARKER]: '' });
    await run();
    expect(await newest()).toMatchObject({ state: 'CLOSED', counts: { rows: USUAL, accepted: USUAL - 1, quarantined: 1 } });
    expect(await warnings()).toEqual([]);
    expect(notices).toEqual([`Perennial: ${TONIGHT} is committed`]);
  });

  it('6 % poison rows: held; approved it takes the others', async () => {
    await give({ [salesOf(TONIGHT)]: salesFile(TONIGHT, USUAL, 15), [MARKER]: '' });
    await expect(run()).rejects.toMatchObject({
      name: 'DataQualityGateError',
      message: expect.stringContaining(`quarantine_share on ${TONIGHT}: 15 of ${USUAL} rows (6.0 %), expected at most 5.0 %.`),
    });
    await runInMemory({ approve: { runId: `r000002-${TONIGHT}`, waive: [], note: '' } }, deps);
    expect(await newest()).toMatchObject({
      state: 'CLOSED',
      counts: { accepted: USUAL - 15, quarantined: 15 },
      waived: ['quarantine_share'],
    });
  });
});
