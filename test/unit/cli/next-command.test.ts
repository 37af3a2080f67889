import { describe, expect, it } from 'vitest';
import { nextCommand } from '../../../cli/next-command.ts';

describe('nextCommand', () => {
  it('leaves out the usual home, and what was not given', () => {
    expect(nextCommand('run', { home: '.perennial' })).toBe('npm run -s perennial -- run');
    expect(nextCommand('run', {})).toBe('npm run -s perennial -- run');
  });

  it('repeats what was given, quoted for the shell where it must be', () => {
    const given = { home: 'shop', config: 'my config.json', data: "l'été" };
    expect(nextCommand('run', given)).toBe(
      "npm run -s perennial -- run --home shop --config 'my config.json' --data 'l'\\''été'",
    );
  });
});
