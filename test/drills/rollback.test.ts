import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HomeState } from '../support/home-state.ts';
import type { KillPoint } from '../support/kill-at.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import {
  expectOnlyCommittedShown,
  expectSameState,
  filesOfRun,
  latestFiles,
  recordOf,
  withoutStarts,
} from '../support/same-state.ts';

const CURRENT_MOVED: KillPoint = { on: 'send', match: '^PutItemCommand .*"pk":\\{"S":"CURRENT"\\}', when: 'after' };
const BETWEEN_SHARDS: KillPoint = { on: 'send', match: '^PutItemCommand .*"PROJECTION".*"shard=1"', when: 'before' };

/** Where the rollback dies. */
const DEATHS: readonly (readonly [string, KillPoint])[] = [
  ['just after CURRENT moved', CURRENT_MOVED],
  ['after the first profiles', { on: 'send', match: '^(BatchWriteItem|PutItem)Command .*"profiles"', when: 'after' }],
  ['after the first latest.json', { on: 'rename', match: '/latest\\.json$', when: 'after' }],
];

const [FIRST, SECOND, AGAIN] = ['r000001-2025-01-05', 'r000002-2025-01-06', 'r000003-2025-01-06'];

describe('rollback', () => {
  let night: MortalNight;
  let home: string;
  let before: HomeState;
  let after: HomeState;
  let back: HomeState;
  let homeAfter: string;

  beforeAll(async () => {
    night = await prepareNight();
    home = await night.copyBase();
    before = await night.read(home);
    await night.mustRun(home, night.commandOf(1));
    after = await night.read(home);
    homeAfter = await night.copyOf(home);
    await night.mustRun(home, ['rollback']);
    back = await night.read(home);
  });
  afterAll(() => night.remove());

  it('shows again what was shown before the night', () => {
    expect(latestFiles(after.files)).not.toEqual(latestFiles(before.files));
    expect(back.current).toMatchObject({ runId: FIRST, dt: before.current?.dt, runSeq: 3, rolledBack: SECOND });
    expect(withoutStarts(back.profiles)).toEqual(withoutStarts(before.profiles));
    expect(back.transitions).toEqual(before.transitions);
    expect(latestFiles(back.files)).toEqual(latestFiles(before.files));
    expect(back.scores).toEqual(before.scores);
    expect(recordOf(back, FIRST)).toMatchObject({ state: 'CLOSED', runSeq: 3, counts: recordOf(before, FIRST).counts });
    expect(recordOf(back, SECOND).state).toBe('SUPERSEDED');
  });

  it('lets the night be run again, to the same bytes', async () => {
    await night.mustRun(home, night.commandOf(1));
    const again = await night.read(home);
    expect(filesOfRun(again, AGAIN)).toEqual(filesOfRun(after, SECOND));
    expect(withoutStarts(again.profiles)).toEqual(withoutStarts(after.profiles));
    expect(again.transitions).toEqual(after.transitions);
    expect(again.scores).toEqual(after.scores);
    expect(again.current).not.toHaveProperty('rolledBack');
    expect(recordOf(again, AGAIN)).toMatchObject({ state: 'CLOSED', counts: recordOf(after, SECOND).counts });
  });

  it('refuses the first run as wrong usage and changes nothing', async () => {
    const base = await night.copyBase();
    const { code, stderr } = await night.run(base, ['rollback']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`${FIRST} (2025-01-01 to 2025-01-05) is the first run`),
    });
    expect(await night.read(base)).toEqual(before);
  });

  it.each(DEATHS)('killed %s: the next run finishes it', async (_, point) => {
    const copy = await night.copyOf(homeAfter);
    await night.mustDie(copy, ['rollback'], point);
    expectOnlyCommittedShown(await night.read(copy), after, before);
    await night.mustRun(copy, night.commandOf(0));
    expectSameState(await night.read(copy), back);
  });

  it('killed and asked again finishes, and goes no run further back', async () => {
    const copy = await night.copyOf(homeAfter);
    for (const point of [CURRENT_MOVED, BETWEEN_SHARDS]) await night.mustDie(copy, ['rollback'], point);
    await night.mustRun(copy, ['rollback']);
    expectSameState(await night.read(copy), back);
  });
});
