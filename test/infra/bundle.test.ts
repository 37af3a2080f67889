import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDefinition } from '../../cli/local/machine.ts';
import { bundleTable, tooLarge, tooSlow, weighBundles } from '../../infra/bundle-report.ts';
import { HANDLER_BUILD, PROJECT_ROOT } from '../../infra/constructs/bundling.ts';
import { LEASE_ERRORS, PLATFORM_ERRORS, THROTTLE_ERRORS, TIMEOUT_ERRORS } from '../../infra/machine/error-names.ts';
import * as errors from '../../lib/errors.ts';
import { findTasks } from '../support/machine-states.ts';

const { PERMANENT, RETRYABLE, RETRYABLE_SLOW } = errors;
const definition = await loadDefinition();
const tasks = findTasks(definition);
const dir = mkdtempSync(join(tmpdir(), 'perennial-bundles-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const retried = (task: (typeof tasks)[number]) => (task.state.Retry ?? []).flatMap((retrier) => retrier.ErrorEquals);

describe('error names', () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith('Error'));

  it('stand in exactly one list each', () => {
    expect([...RETRYABLE, ...RETRYABLE_SLOW, ...PERMANENT].sort()).toEqual(classes.map(([name]) => name).sort());
  });

  it('survive a minified bundle', async () => {
    const file = join(dir, 'errors.cjs');
    await build({ ...HANDLER_BUILD, entryPoints: [join(PROJECT_ROOT, 'lib/errors.ts')], outfile: file });
    const bundled = createRequire(import.meta.url)(file) as typeof errors;
    // Else the bundle was not minified and this test proves nothing.
    expect(bundled.TransientDependencyError.name).not.toBe('TransientDependencyError');
    for (const name of [...RETRYABLE, ...RETRYABLE_SLOW, ...PERMANENT]) {
      expect(bundled.errorOfName(name, 'text').name).toBe(name);
      expect(new bundled[name]('text').name).toBe(name);
    }
  });
});

describe('weighBundles', () => {
  /** A folder as the CDK leaves it. @param bundles code by function */
  const synthesize = (name: string, bundles: Readonly<Record<string, string>>): string => {
    const folder = join(dir, name);
    const functions = Object.entries(bundles).map(([step, code]) => {
      mkdirSync(join(folder, `asset.${step}`), { recursive: true });
      writeFileSync(join(folder, `asset.${step}`, 'index.js'), code);
      const Variables = { PIPELINE_NAME: 'p', LAKE_URL: { 'Fn::Sub': 's3://lake' } };
      const Properties = { Description: `Perennial: ${step}`, Code: { S3Key: `${step}.zip` }, Environment: { Variables } };
      return [step, { Type: 'AWS::Lambda::Function', Properties }];
    });
    writeFileSync(join(folder, 'S.template.json'), JSON.stringify({ Resources: Object.fromEntries(functions) }));
    return folder;
  };

  it('weighs every function of a synthesized stack, with what a module starts as part of its import', () => {
    const told = `if (process.env.PIPELINE_NAME !== 'p' || process.env.LAKE_URL !== 'deployed') throw new Error('environment');`;
    // of the clock and of the processor: threads that compile make the second run ahead
    const busy =
      'for (let sum = 0, spent = 0; spent < 60; ) { for (let i = 0; i < 1e6; i++) sum += i; spent = Math.min(performance.now() - begin, process.cpuUsage(cpu).user / 1000); }';
    const rows = weighBundles(
      synthesize('some', {
        report: `${told} exports.handler = async () => {};`,
        'plan-run': `exports.handler = async () => {}; // ${'x'.repeat(1_000_000)}`,
        'close-run': `exports.handler = async () => {}; const cpu = process.cpuUsage(); const begin = performance.now(); Promise.resolve().then(() => { ${busy} });`,
      }),
    );
    expect(rows.map(({ name }) => name)).toEqual(['close-run', 'plan-run', 'report']);
    const [closing, planning, reporting] = rows;
    expect(closing?.importMs).toBeGreaterThanOrEqual(60);
    expect(closing?.importMs).toBeGreaterThan(reporting?.importMs ?? 0);
    expect(planning?.bytes).toBeGreaterThan(1_000_000);
    expect(planning?.gzipBytes).toBeLessThan(10_000);
    const widths = bundleTable(rows).split('\n').slice(0, 4);
    expect(new Set(widths.map((line) => line.length)).size).toBe(1);
  });

  it('refuses a folder without functions, and a bundle that cannot be imported', () => {
    expect(() => weighBundles(join(dir, 'nowhere'))).toThrow('no functions, expected what npm run synth makes');
    expect(() => weighBundles(synthesize('broken', { report: 'exports.other = 1;' }))).toThrow(
      'Bundle of report: cannot be imported',
    );
  });
});

describe('tooLarge and tooSlow', () => {
  it('name each bundle above its limit', () => {
    const row = { name: 'report', bytes: 1_500_000, gzipBytes: 1, importMs: 200 };
    expect([...tooLarge([row]), ...tooSlow([row])]).toEqual([]);
    expect(tooLarge([{ ...row, bytes: 1_500_001 }])).toEqual([
      expect.stringMatching(/^Bundle of report: 1,500,001 bytes, expected/),
    ]);
    expect(tooSlow([{ ...row, importMs: 231 }])).toEqual([
      expect.stringMatching(/^Bundle of report: imported in 231 ms, expected/),
    ]);
  });
});

describe('Retry lists of the definition', () => {
  it.each(tasks.map((task) => [task.name, task] as const))('%s retries what can pass, and nothing that cannot', (_, task) => {
    const names = retried(task);
    expect(names).toEqual(expect.arrayContaining([...RETRYABLE, ...PLATFORM_ERRORS, ...THROTTLE_ERRORS, ...TIMEOUT_ERRORS]));
    expect(names.filter((name) => (PERMANENT as readonly string[]).includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('wait for the lease in open-run alone, and for a missing drop nowhere', () => {
    expect(LEASE_ERRORS).toEqual(['LockHeldError']);
    const waiting = tasks.filter((task) => retried(task).includes('LockHeldError'));
    expect(waiting.map(({ name }) => name)).toEqual(['OpenRun']);
    expect(tasks.flatMap(retried)).not.toContain('DropNotReadyError');
  });

  it('stand beside a timeout of 960 s, above the 900 s of Lambda, and a Catch of everything', () => {
    for (const { name, state } of tasks) {
      expect({ name, timeout: state.TimeoutSeconds }).toEqual({ name, timeout: 960 });
      const caught = (state.Catch ?? []).flatMap((catcher) => catcher.ErrorEquals);
      expect({ name, caught }).toEqual({ name, caught: name === 'FailRun' ? [] : ['States.ALL'] });
    }
  });
});
