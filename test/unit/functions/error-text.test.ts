import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { concealRows, tellError } from '../../../functions/_shared/error-text.ts';
import { HANDLER_BUILD } from '../../../infra/constructs/bundling.ts';
import { ConfigError, InvalidDropError } from '../../../lib/errors.ts';

describe('tellError', () => {
  it('names the line of the source for an error of a minified bundle', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'perennial-bundle-'));
    try {
      const outfile = join(dir, 'index.cjs');
      const source = join(import.meta.dirname, '../../../lib/time.ts');
      await build({ ...HANDLER_BUILD, entryPoints: [source], outfile });
      const { parseBusinessDate } = createRequire(import.meta.url)(outfile) as typeof import('../../../lib/time.ts');
      let told: ReturnType<typeof tellError> = '';
      try {
        parseBusinessDate('2026-02-30', 'Date');
      } catch (error) {
        told = tellError(error);
      }
      const stack = typeof told === 'string' ? '' : told.stack;
      const line = Number(/lib\/time\.ts:(\d+):\d+/.exec(stack)?.[1]);
      expect((await readFile(source, 'utf8')).split('\n')[line - 1]).toContain('new ');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('tells of what is thrown and is no error only its type, and ends a circle of causes', () => {
    expect(tellError({ customer_id: 'c1' })).toBe('a thrown object');
    const circle = new Error('round');
    circle.cause = circle;
    expect(JSON.stringify(tellError(circle)).match(/round/g)).toHaveLength(6);
  });
});

describe('concealRows', () => {
  it('takes quoted values out of the errors that may quote a row, and leaves the others', () => {
    const drop = new InvalidDropError('Drop: a.csv line 3: customer_id "a \\" b", amount "1.2.3".');
    const config = new ConfigError('Configuration: time zone "Mars".');
    for (const error of [drop, config]) concealRows(error);
    expect(drop.message).toBe('Drop: a.csv line 3: customer_id "…", amount "…".');
    expect(drop.stack).not.toContain('1.2.3');
    expect(config.message).toBe('Configuration: time zone "Mars".');
  });
});
