import { describe, expect, it } from 'vitest';
import { nextCommand, withCommands } from '../../../cli/next-command.ts';

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

describe('withCommands', () => {
  it('makes the commands of a text ready to paste, and leaves other names alone', () => {
    expect(
      withCommands('Set it back, or run `rebuild --shards 9`; see `runs show r1` and `latest.json`.', { stack: 'Shop' }),
    ).toBe(
      'Set it back, or run `npm run -s perennial -- rebuild --shards 9 --stack Shop`; see `npm run -s perennial -- runs show r1 --stack Shop` and `latest.json`.',
    );
  });
});
