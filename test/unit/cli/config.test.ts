import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linesOf } from '../../support/command-line.ts';
import { sessionHere } from '../../support/session.ts';

describe('config put, show and reset', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'config-'));
    await writeFile(join(dir, 'a.json'), '{"currency":"EUR","stages":{"loyalPurchaseDays":5}}');
    await writeFile(join(dir, 'bad.json'), '{"currency":"EURO","stage":{}}');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('say what changes, where the configuration comes from, and every wrong key', async () => {
    const put = ['config', 'put', 'a.json', '--home', 'home'];
    const show = ['config', 'show', '--json'];
    const commands = [put, put, show, ['config', 'put', 'bad.json'], ['config', 'put', 'none.json'], ['config', 'reset'], show];
    const [first, again, shown, bad, none, reset, after] = await sessionHere(join(dir, 'home'), commands, dir);
    const [title, hash, ...table] = linesOf(first?.stdout ?? '');
    expect(first?.stderr).toBe(`note: home ${join(dir, 'home')} is new; it was made.\n`);
    expect(title).toBe('Put; 2 changes against the defaults.');
    expect(hash).toBe(`Hash, as in run records: ${JSON.parse(shown?.stdout ?? '').sha256}`);
    expect(table.slice(1, 3)).toEqual(['  currency                  "USD"   "EUR"', '  stages.loyalPurchaseDays  4       5']);
    expect([again?.stdout, again?.stderr]).toEqual([`Put already, nothing was changed.\n${hash}\n`, '']);
    expect(JSON.parse(shown?.stdout ?? '')).toMatchObject({
      origin: 'put',
      config: { currency: 'EUR', tiers: { minNights: 28 } },
    });
    expect([bad?.code, none?.code]).toEqual([1, 1]);
    expect(bad?.stderr).toMatch(
      /^error: Configuration bad\.json: "currency": .*; "stage": not known, expected a known key \(did you mean stages\?\)/,
    );
    expect(none?.stderr).toContain('Configuration none.json: cannot be read');
    expect(reset?.stdout).toMatch(/^Reset, in force again: the defaults; 2 changes against what was put before\.\n/);
    expect(JSON.parse(after?.stdout ?? '')).toMatchObject({ origin: 'defaults', putAt: null });
  });

  it('warn of a file in the working folder, which is stronger', async () => {
    await writeFile(join(dir, 'perennial.config.json'), '{}');
    const [put, show] = await sessionHere(
      join(dir, 'home'),
      [
        ['config', 'put', 'a.json'],
        ['config', 'show'],
      ],
      dir,
    );
    expect(put?.stderr).toMatch(/^note: home .*\nwarning: perennial\.config\.json is stronger than what is put/);
    expect(show?.stdout).toMatch(/^Configuration in force: the file perennial\.config\.json\.\n/);
  });
});
