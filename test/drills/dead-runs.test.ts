import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { filesOfRun, recordOf, withoutStarts } from '../support/same-state.ts';

const HOLDER = fileURLToPath(new URL('../support/hold-home.ts', import.meta.url));

describe('a run that died', () => {
  let night: MortalNight;

  beforeAll(async () => {
    night = await prepareNight();
  });
  afterAll(() => night.remove());

  it('is superseded by a run of other dates, which ends as if it had never been', async () => {
    const [home, unkilled] = [await night.copyBase(), await night.copyBase()];
    await night.mustDie(home, night.commandOf(1), { on: 'link', match: '/state/', when: 'before' });
    await night.mustRun(home, night.commandOf(2));
    await night.mustRun(unkilled, night.commandOf(2));
    const [found, expected] = [await night.read(home), await night.read(unkilled)];
    expect(recordOf(found, 'r000002-2025-01-06')).toMatchObject({ state: 'SUPERSEDED', committedAt: '' });
    expect(recordOf(found, 'r000003-2025-01-07')).toMatchObject({ state: 'CLOSED', from: '2025-01-06', attempt: 1 });
    expect(filesOfRun(found, 'r000003-2025-01-07')).toEqual(filesOfRun(expected, 'r000002-2025-01-07'));
    expect(withoutStarts(found.profiles)).toEqual(withoutStarts(expected.profiles));
    expect(found.transitions).toEqual(expected.transitions);
    expect(found.scores).toEqual(expected.scores);
  });

  it('that has not died holds the home: exit code 1, with its process and command', async () => {
    const home = night.newHome();
    const holder = spawn(process.execPath, [HOLDER, home], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      const { code, stdout, stderr } = await night.run(home, ['runs', '--json']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`held by process ${holder.pid} (perennial run --to 2024-01-31)`);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    } finally {
      holder.kill('SIGKILL');
    }
  });
});
