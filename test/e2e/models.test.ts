import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE, relativeError } from '../golden/cdnow.ts';
import { linesOf, perennial } from '../support/command-line.ts';

const CELLS = fileURLToPath(new URL('../golden/cdnow-cells.json', import.meta.url));

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-models-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await perennial(args, dir);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('fit and predict', () => {
  it('fits counted customers, and predicts with what was printed, digit for digit', async () => {
    const { params } = REFERENCE.fits.weeks['pareto-nbd'];
    const fitted = await ok('fit', '--cells', CELLS, '--model', 'pareto-nbd', '--unit', 'weeks', '--json');
    const report = JSON.parse(fitted) as { params: Record<string, number>; unit: string; degenerate: boolean };
    expect(report).toMatchObject({ model: 'pareto-nbd', unit: 'weeks', customers: 2357, cells: 1016, degenerate: false });
    expect(Object.keys(report).slice(0, 9)).toEqual([
      'model',
      'params',
      'standardErrors',
      'logLikelihood',
      'customers',
      'cells',
      'iterations',
      'converged',
      'degenerate',
    ]);
    for (const [name, exact] of Object.entries(params))
      expect(relativeError(report.params[name] as number, exact)).toBeLessThan(1e-7);

    await writeFile(join(dir, 'fit.json'), fitted);
    await writeFile(join(dir, 'customers.csv'), '\uFEFFid,T,x,t_x\r\n"1516, once",31,26,30.857142857142858\r\nc2,39,0,0\r\n');
    const table = await ok(
      'predict',
      '--model',
      'pareto-nbd',
      '--params',
      'fit.json',
      '--horizons',
      '52,13.0',
      '--file',
      'customers.csv',
    );
    const [header, first = '', second = ''] = linesOf(table);
    expect(header).toBe('id,T,x,t_x,p_alive,expected_52,expected_13.0');
    expect(first.startsWith('"1516, once",31,26,30.857142857142858,0.997873404')).toBe(true);
    const [alive, expected] = REFERENCE.anchors.customer_1516.pn;
    expect(relativeError(Number(first.split(',').at(-3)), alive)).toBeLessThan(1e-9);
    expect(relativeError(Number(first.split(',').at(-2)), expected)).toBeLessThan(1e-9);
    expect(
      second
        .split(',')
        .slice(4)
        .map((cell) => cell.replace(/^0\.0*|\./g, '').length),
    ).toEqual([17, 17, 17]);
  });

  it('predicts spend in units of the currency, and tells of whom there is no mean', async () => {
    await writeFile(join(dir, 'spend.csv'), 'x,m\n3,35\n0,\n');
    const params = '{"p":6.24957227132376,"q":3.74422466713202,"v":15.4435209625892}';
    const [rows, none] = await Promise.all([
      ok('predict', '--model', 'gamma-gamma', '--params', params, '--file', 'spend.csv', '--json'),
      perennial(['predict', '--model', 'gamma-gamma', '--params', '{"p":2,"q":0.8,"v":10}', '--file', 'spend.csv'], dir),
    ]);
    const [repeat, once] = JSON.parse(rows) as { expected_spend: number }[];
    expect(relativeError(repeat?.expected_spend as number, REFERENCE.anchors.gg_E['35,3'] as string)).toBeLessThan(1e-12);
    expect(relativeError(once?.expected_spend as number, REFERENCE.anchors.gg_E['0,0'] as string)).toBeLessThan(1e-12);
    expect(linesOf(none.stdout)[2]).toBe('0,,');
    expect(none.stderr).toContain('rows without a value: 1');
  });
});
