import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { loadDefinition } from '../../cli/local/machine.ts';
import { LEASE_ERRORS, PLATFORM_ERRORS, THROTTLE_ERRORS, TIMEOUT_ERRORS } from '../../infra/machine/error-names.ts';
import * as errors from '../../lib/errors.ts';
import { findTasks } from '../support/machine-states.ts';

const { PERMANENT, RETRYABLE, RETRYABLE_SLOW } = errors;
const definition = await loadDefinition();
const tasks = findTasks(definition);
const retried = (task: (typeof tasks)[number]) => (task.state.Retry ?? []).flatMap((retrier) => retrier.ErrorEquals);

describe('error names', () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith('Error'));

  it('stand in exactly one list each', () => {
    expect([...RETRYABLE, ...RETRYABLE_SLOW, ...PERMANENT].sort()).toEqual(classes.map(([name]) => name).sort());
  });

  it('survive a minified bundle', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../../lib/errors.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'node24',
      write: false,
    });
    const text = outputFiles[0]?.text ?? '';
    const bundled = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as typeof errors;
    // Else the bundle was not minified and this test proves nothing.
    expect(bundled.TransientDependencyError.name).not.toBe('TransientDependencyError');
    for (const name of [...RETRYABLE, ...RETRYABLE_SLOW, ...PERMANENT]) {
      expect(bundled.errorOfName(name, 'text').name).toBe(name);
      expect(new bundled[name]('text').name).toBe(name);
    }
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
