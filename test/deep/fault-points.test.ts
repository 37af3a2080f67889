import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, dieEverywhere, type Station, walk } from '../support/fault-walk.ts';

describe.each([
  ['a home of one process', true],
  ['tables of many hosts', false],
] as const)('a process on %s that dies at one of its writes', (_, isExclusive) => {
  let stations: Station[];
  beforeAll(async () => {
    stations = await walk(isExclusive);
  });

  it.each(COMMANDS.flatMap(([name], at) => (['before', 'after'] as const).map((when) => [name, when, at] as const)))(
    'in %s, %s the write: the next start ends as if it had lived',
    async (_name, when, at) => {
      expect(await dieEverywhere(stations[at] as Station, when, isExclusive)).toEqual([]);
    },
  );
});
