import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readDeployOptions } from '../../infra/config.ts';

const read = (config?: unknown) => readDeployOptions(new App({ context: config === undefined ? {} : { config } }).node);

describe('readDeployOptions', () => {
  it('needs nothing', () => {
    expect(read()).toEqual({ stackName: 'Perennial', scoring: {}, schedule: {}, logRetentionDays: 90 });
  });

  it('reads an object, JSON text and a file alike', async () => {
    const given = { stackName: 'Shop', schedule: { hour: 5 }, scoring: { currency: 'EUR' } };
    const path = join(await mkdtemp(join(tmpdir(), 'perennial-options-')), 'production.json');
    writeFileSync(path, JSON.stringify(given));
    expect(read(given)).toMatchObject(given);
    expect(read(JSON.stringify(given))).toEqual(read(given));
    expect(read(path)).toEqual(read(given));
  });

  it('tells no budget from the default one', () => {
    expect(read({ monthlyBudgetUsd: null })).toMatchObject({ monthlyBudgetUsd: null });
    expect(read()).not.toHaveProperty('monthlyBudgetUsd');
  });

  it('refuses unknown keys, wrong values and files that are not there', () => {
    expect(() => read({ stackname: 'Shop' })).toThrow(/stackname/);
    expect(() => read({ schedule: { hour: 24 } })).toThrow(/schedule\.hour/);
    expect(() => read({ schedule: { timeZone: 'Mars/Olympus' } })).toThrow(/IANA/);
    expect(() => read({ schedule: { deadlineMinutes: 1440 } })).toThrow(/schedule\.deadlineMinutes/);
    expect(() => read({ monthlyBudgetUsd: 0 })).toThrow(/monthlyBudgetUsd/);
    expect(() => read({ maxWriteUnitsPerSecond: 1.5 })).toThrow(/maxWriteUnitsPerSecond/);
    expect(() => read('missing.json')).toThrow(/missing\.json/);
    expect(() => read('{"stackName": ')).toThrow(/given as JSON/);
  });

  it('names every wrong key at once, those of the scoring configuration too', () => {
    const wrong = { stackname: 'Shop', schedule: { hour: 24 }, scoring: { currency: 'EURO', shrads: 4 } };
    for (const key of [
      /"stackname": not known, .*did you mean stackName/,
      /"schedule\.hour"/,
      /"scoring\.currency".*EURO/,
      /"scoring\.shrads"/,
    ]) {
      expect(() => read(wrong)).toThrow(key);
    }
    expect(() => read(wrong)).toThrow(/docs\/configuration\.md, Deploy options\.$/);
  });

  it('is told by the app in one line, without a stack', () => {
    const context = JSON.stringify({ config: 'missing.json' });
    const app = spawnSync(process.execPath, [join(import.meta.dirname, '../../infra/app.ts')], {
      encoding: 'utf8',
      env: { ...process.env, CDK_CONTEXT_JSON: context, CDK_OUTDIR: join(tmpdir(), 'perennial-no-assembly') },
    });
    expect(app.stderr).toMatch(/^error: Deploy options missing\.json: ENOENT.*\n$/);
    expect(app.status).toBe(1);
  });
});
