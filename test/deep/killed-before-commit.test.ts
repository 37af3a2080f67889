import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HomeState } from '../support/home-state.ts';
import type { KillPoint } from '../support/kill-at.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { expectNothingShown, expectSameState, recordOf } from '../support/same-state.ts';

const link = (match: string, when: KillPoint['when'], nth = 1): KillPoint => ({ on: 'link', match, when, nth });
const send = (match: string, when: KillPoint['when'], nth = 1): KillPoint => ({ on: 'send', match, when, nth });

/**
 * Where the night dies; in each once, or at one point after the other. That every write may be the last one is shown in memory
 * (fault-points.test.ts); what is left is that a real process leaves real files whole, which `npm test` shows at drawn instants
 * (killed-at-random.test.ts).
 */
const DEATHS: readonly (readonly [string, readonly KillPoint[]])[] = [
  ['open-run and plan-run', [send('^PutItemCommand .*"pk":\\{"S":"RUN"\\}', 'after'), link('/plan\\.json$', 'before')]],
  [
    'ingest-drop, before and after its first ledger file, and before the list of them',
    [
      link('/ledger/known=[^/]+/shard=', 'before'),
      link('/ledger/known=[^/]+/shard=', 'after'),
      link('/ledger/known=[^/]+/run=', 'before'),
    ],
  ],
  ['fold-shard, between two tables of a book', [link('/books/.*/shard=0/days\\.arrow$', 'before')]],
  ['calibrate, between calibration and epochs', [link('/calibrations/', 'after')]],
  ['score-shard, after the scores and before the state', [link('/state/.*/shard=0\\.arrow$', 'before')]],
  [
    'fold-shard, score-shard, verify-run and report, one after the other',
    [
      link('/summaries/fold-shard/shard=1\\.json$', 'before'),
      link('/transitions/.*/shard=1\\.arrow$', 'before'),
      link('/verdict\\.json$', 'after'),
      link('/kpi/', 'after'),
    ],
  ],
  ['publish-segments, between data and manifest', [link('/exports/.*/manifest\\.json$', 'before', 2)]],
  ['publish-segments, after the manifest and before _SUCCESS', [link('/exports/.*/_SUCCESS$', 'before', 2)]],
  ['commit-run, just before CURRENT moves', [send('^PutItemCommand .*"pk":\\{"S":"CURRENT"\\}', 'before')]],
];

describe('a night killed before its commit', () => {
  let night: MortalNight;
  let before: HomeState;
  let after: HomeState;

  beforeAll(async () => {
    night = await prepareNight();
    ({ before, after } = await night.unkilled());
  });
  afterAll(() => night.remove());

  it('has what the drills need: both shards change, with transitions, quarantine and lists', () => {
    expect(Object.keys(after.profiles).length).toBeGreaterThan(Object.keys(before.profiles).length);
    expect(Object.keys(after.transitions).length).toBeGreaterThan(Object.keys(before.transitions).length + 10);
    expect(after.scores).not.toEqual(before.scores);
    for (const part of ['/transitions/dt=2025-01-06/', '/shard=1.arrow', '/full-00001', '/latest.json']) {
      expect(Object.keys(after.files).join()).toContain(part);
    }
  });

  it.each(DEATHS)('in %s: shows nothing of it, and the next start ends as if unkilled', async (_, deaths) => {
    const home = await night.copyBase();
    for (const point of deaths) {
      await night.mustDie(home, night.commandOf(1), point);
      expectNothingShown(await night.read(home), before);
    }
    await night.mustRun(home, night.commandOf(1));
    const end = await night.read(home);
    expectSameState(end, after);
    expect(recordOf(end, 'r000002-2025-01-06')).toMatchObject({ attempt: deaths.length + 1, state: 'CLOSED' });
  });

  it('in a worker thread: the same', async () => {
    const home = await night.copyBase();
    const command = [...night.commandOf(1), '--workers', '2'];
    await night.mustDie(home, command, link('/books/.*/shard=1/days\\.arrow$', 'after'));
    expectNothingShown(await night.read(home), before);
    await night.mustRun(home, command);
    expectSameState(await night.read(home), after);
  });

  it('before its record: nothing is left but a number that is not used again', async () => {
    const home = await night.copyBase();
    await night.mustDie(home, night.commandOf(1), send('^PutItemCommand .*"pk":\\{"S":"LEASE"\\}', 'after'));
    expectNothingShown(await night.read(home), before);
    await night.mustRun(home, night.commandOf(1));
    const end = await night.read(home);
    expect(recordOf(end, 'r000003-2025-01-06')).toMatchObject({ attempt: 1, state: 'CLOSED' });
    expect(end.transitions).toEqual(after.transitions);
    expect(end.scores).toEqual(after.scores);
  });
});
