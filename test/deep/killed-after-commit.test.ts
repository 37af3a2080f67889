import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HomeState } from '../support/home-state.ts';
import type { KillPoint } from '../support/kill-at.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { expectOnlyCommittedShown, expectSameState, latestFiles, recordOf, withoutStarts } from '../support/same-state.ts';

const send = (match: string, when: KillPoint['when'], nth = 1): KillPoint => ({ on: 'send', match, when, nth });

const PROFILES = '^(BatchWriteItem|PutItem)Command .*"profiles"';
const CURRENT = send('^PutItemCommand .*"pk":\\{"S":"CURRENT"\\}', 'after');
const MARKER_OF_THE_SECOND_SHARD = send('^PutItemCommand .*"PROJECTION".*"shard=1"', 'before');
const FIRST_LATEST: KillPoint = { on: 'rename', match: '/latest\\.json$', when: 'after' };

type Share = 'none' | 'some' | 'all';

/** Where the night dies, once CURRENT has moved, and how much is shown of it then. */
const POINTS: readonly (readonly [string, KillPoint, { readonly profiles: Share; readonly latest: Share }])[] = [
  ['commit-run, just after CURRENT moved', CURRENT, { profiles: 'none', latest: 'none' }],
  ['project-shard, before the first profiles', send(PROFILES, 'before'), { profiles: 'none', latest: 'none' }],
  ['project-shard, in the middle of a shard', send(PROFILES, 'after'), { profiles: 'some', latest: 'none' }],
  ['project-shard, between two shards', MARKER_OF_THE_SECOND_SHARD, { profiles: 'some', latest: 'none' }],
  ['close-run, after the first latest.json', FIRST_LATEST, { profiles: 'all', latest: 'some' }],
  ['close-run, within the second latest.json', { ...FIRST_LATEST, when: 'before', nth: 2 }, { profiles: 'all', latest: 'some' }],
  [
    'close-run, before the lease is given back',
    send('^UpdateItemCommand .*"CLOSED"', 'after'),
    { profiles: 'all', latest: 'all' },
  ],
];

/** Where those die that finish it. */
const LATER_DEATHS: readonly KillPoint[] = [
  send('^UpdateItemCommand .*"COMMITTED"', 'after'),
  MARKER_OF_THE_SECOND_SHARD,
  send('^UpdateItemCommand .*"CLOSED"', 'before'),
];

describe('a night killed after its commit', () => {
  let night: MortalNight;
  let before: HomeState;
  let after: HomeState;

  beforeAll(async () => {
    night = await prepareNight();
    ({ before, after } = await night.unkilled());
  });
  afterAll(() => night.remove());

  it.each(POINTS)('in %s: the next start shows the rest', async (_, point, shown) => {
    const home = await night.copyBase();
    await night.mustDie(home, night.commandOf(1), point);
    const dead = await night.read(home);
    expectOnlyCommittedShown(dead, before, after);
    const count = (a: object, b: object, c: object) =>
      isDeepStrictEqual(a, b) ? 'none' : isDeepStrictEqual(a, c) ? 'all' : 'some';
    expect({
      profiles: count(withoutStarts(dead.profiles), withoutStarts(before.profiles), withoutStarts(after.profiles)),
      latest: count(latestFiles(dead.files), latestFiles(before.files), latestFiles(after.files)),
    }).toEqual(shown);
    const again = await night.run(home, night.commandOf(1));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('2025-01-06 is committed') });
    const end = await night.read(home);
    expectSameState(end, after);
    expect(recordOf(end, 'r000002-2025-01-06')).toMatchObject({ attempt: 1, state: 'CLOSED' });
  });

  it('dies again while the next start finishes it: the one after that shows the rest', async () => {
    const home = await night.copyBase();
    await night.mustDie(home, night.commandOf(1), CURRENT);
    for (const point of LATER_DEATHS) {
      await night.mustDie(home, night.commandOf(1), point);
      expectOnlyCommittedShown(await night.read(home), before, after);
    }
    await night.mustRun(home, night.commandOf(1));
    expectSameState(await night.read(home), after);
  });

  it('is finished by the start of the night after it, which goes on from there', async () => {
    const home = await night.copyBase();
    await night.mustDie(home, night.commandOf(1), send(PROFILES, 'after'));
    await night.mustRun(home, night.commandOf(2));
    const unkilled = await night.copyBase();
    await night.mustRun(unkilled, night.commandOf(1));
    await night.mustRun(unkilled, night.commandOf(2));
    expectSameState(await night.read(home), await night.read(unkilled));
  });

  it('as the first run of a home, in the middle of a shard: the same', async () => {
    const home = night.newHome();
    await night.mustDie(home, night.baseCommand, send(PROFILES, 'after'));
    const shown = Object.keys((await night.read(home)).profiles).length;
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(Object.keys(before.profiles).length);
    await night.mustRun(home, night.baseCommand);
    expectSameState(await night.read(home), before);
  });
});
