import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE, relativeError } from '../golden/cdnow.ts';
import { type CommandResult, linesOf } from '../support/command-line.ts';
import { deliver, plainDays } from '../support/plain-drops.ts';
import { sessionHere, successfulHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

const CELLS = fileURLToPath(new URL('../golden/cdnow-cells.json', import.meta.url));

/** Sales of each day: fewer and fewer buyers, most of whom bought before. */
const DAYS = [40, 30, 20, 20, 10, 5];
const TO = '2025-03-06';
const LIST = { id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} };
const CONFIG = { shards: 2, timeZone: 'Asia/Shanghai', segments: [LIST], destinations: [{ id: 'generic_csv' }] };

describe('fit and predict', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-models-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function run(...args: readonly string[]): Promise<CommandResult> {
    const [result] = await sessionHere(join(dir, 'home'), [args], dir);
    return result as CommandResult;
  }

  async function ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  it('fits counted customers, and predicts with what was printed, digit for digit', async () => {
    const { params } = REFERENCE.fits.weeks['pareto-nbd'];
    const fitted = await ok(
      'fit',
      '--date',
      '1997-09-30',
      '--cells',
      CELLS,
      '--model',
      'pareto-nbd',
      '--unit',
      'weeks',
      '--json',
    );
    const report = JSON.parse(fitted) as { params: Record<string, number>; unit: string; degenerate: boolean };
    expect(report).toMatchObject({
      model: 'pareto-nbd',
      unit: 'weeks',
      customers: 2357,
      cells: 1016,
      degenerate: false,
      date: '1997-09-30',
    });
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
    const predict = ['predict', '--model', 'pareto-nbd', '--params', 'fit.json', '--horizons', '52,13.0', '--file'];
    const table = await ok(...predict, 'customers.csv', '--unit', 'weeks');
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
    expect(await run(...predict, 'customers.csv')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: Option --params: times in weeks, expected days. Name the same unit with --unit.\n',
    });
  });

  it('writes a file that is whole, or none, and keeps all but the numbers of the model as text', async () => {
    await writeFile(join(dir, 'ids.csv'), 'id,x,t_x,T\n007,1,2.0,30\nNaN,0,0,5\n');
    await writeFile(join(dir, 'broken.csv'), 'x,t_x,T\n1,2,30\n1,40,30\n');
    const params = '{"model":"bg-nbd","degenerate":true,"params":{"r":0.24,"alpha":30,"a":0.8,"b":2.4}}';
    const predict = [
      'predict',
      '--model',
      'bg-nbd',
      '--params',
      params,
      '--horizons',
      '7',
      '--json',
      '--out',
      'out.json',
      '--file',
    ];
    const { code, stdout, stderr } = await run(...predict, 'ids.csv');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('the fit of --params is degenerate');
    const written = await readFile(join(dir, 'out.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject([
      { id: '007', x: 1, t_x: 2, T: 30 },
      { id: 'NaN', p_alive: 1 },
    ]);

    expect(await run(...predict, 'broken.csv')).toMatchObject({ code: 1, stdout: '' });
    expect(await readFile(join(dir, 'out.json'), 'utf8')).toBe(written);
    expect((await readdir(dir)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('predicts spend in units of the currency, and tells of whom there is no mean', async () => {
    await writeFile(join(dir, 'spend.csv'), 'x,m\n3,35\n0,\n');
    const params = '{"p":6.24957227132376,"q":3.74422466713202,"v":15.4435209625892}';
    const predict = ['predict', '--model', 'gamma-gamma', '--file', 'spend.csv', '--params'];
    const rows = await ok(...predict, params, '--json');
    const none = await run(...predict, '{"p":2,"q":0.8,"v":10}');
    const [repeat, once] = JSON.parse(rows) as { expected_spend: number }[];
    expect(relativeError(repeat?.expected_spend as number, REFERENCE.anchors.gg_E['35,3'] as string)).toBeLessThan(1e-12);
    expect(relativeError(once?.expected_spend as number, REFERENCE.anchors.gg_E['0,0'] as string)).toBeLessThan(1e-12);
    expect(linesOf(none.stdout)[2]).toBe('0,,');
    expect(none.stderr).toContain('rows without a value: 1');
  });
});

describe('buyers of a folder of drops, without a home', () => {
  let dir: string;
  const session = (...commands: string[][]) => sessionHere(join(dir, 'home'), commands, dir);
  const formerTemp = process.env['TMPDIR'];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-buyers-'));
    await writeFile(join(dir, 'perennial.config.json'), JSON.stringify(CONFIG));
    await deliver(join(dir, 'drops'), plainDays('2025-03-01', DAYS));
    const run = ['run', '--from', '2025-03-01', '--to', TO, '--data', 'drops', '--workers', '1', '--quiet'];
    await successfulHere(join(dir, 'home'), [run], dir);
    await mkdir(join(dir, 'tmp'));
    process.env['TMPDIR'] = join(dir, 'tmp');
  });
  afterAll(() => {
    if (formerTemp === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = formerTemp;
    return rm(dir, { recursive: true, force: true });
  });

  it('fits and compares as a home of the same drops does, also on a date inside, and leaves nothing behind', async () => {
    const files = await filesBelow(join(dir, 'drops'));
    const asked = [
      ['fit', '--model', 'bg-nbd', '--json', '--date', '2025-03-04'],
      ['fit', '--model', 'gamma-gamma', '--json'],
      ['holdout', '--json', '--calibrate-to', '2025-03-04', '--to', TO],
    ];
    const results = await session(...asked.flatMap((args) => [args, [...args, '--data', 'drops']]));
    for (let i = 0; i < results.length; i += 2) {
      const [home, drops] = [results[i], results[i + 1]] as [CommandResult, CommandResult];
      expect(home).toMatchObject({ code: 0 });
      expect(drops).toEqual(home);
      expect(Object.keys(JSON.parse(home.stdout) as object).length).toBeGreaterThan(5);
    }
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
    expect(await filesBelow(join(dir, 'drops'))).toEqual(files);
  });

  it('predicts of the scores of a home, and leaves empty whoever bought nothing', async () => {
    const [scored, calibrated] = await session(['scores', '--out', 'scores.csv'], ['calibrations', '--json']);
    expect([scored?.code, calibrated?.code]).toEqual([0, 0]);
    const scores = await readFile(join(dir, 'scores.csv'), 'utf8');
    const [header = '', first = ''] = linesOf(scores);
    await writeFile(join(dir, 'scores.csv'), `${scores}nobody${header.replaceAll(/[^,]/g, '')}\n`);
    await writeFile(join(dir, 'calibrations.json'), calibrated?.stdout as string);
    const predict = ['predict', '--file', 'scores.csv', '--model', 'pareto-nbd', '--dert', '0.001', '--params'];
    const params = '{"r":0.5,"alpha":10,"s":0.6,"beta":12}';
    const columns = ['--columns', 'tenure_days,customer_id,x,t_x_days'];
    const [kept, json, clash, unknown, weeks, onto, early, none] = (await session(
      [...predict, params, ...columns],
      [...predict, params, ...columns, '--json'],
      [...predict, params, '--horizons', '30'],
      [...predict, params, '--columns', 'id'],
      [...predict, params, ...columns, '--unit', 'weeks'],
      [...predict, params, ...columns, '--out', 'drops/../scores.csv'],
      [...predict, 'calibrations.json', ...columns],
      [...predict, params, ...columns, '--p-return'],
    )) as CommandResult[];
    const lines = linesOf(kept?.stdout as string);
    expect(lines[0]).toBe('tenure_days,customer_id,x,t_x_days,p_alive,dert');
    expect(lines[1]).toMatch(new RegExp(`^\\d+,${first.split(',')[0]},\\d+,\\d+,[01]\\.\\d{16,},\\d+\\.\\d+$`));
    expect(lines.at(-1)).toBe(',nobody,,,,');
    expect(kept?.stderr).toBe('rows without a purchase: 1; their x, t_x, T are empty, and so is what is predicted\n');
    expect((JSON.parse(json?.stdout as string) as unknown[]).at(-1)).toEqual({
      tenure_days: null,
      customer_id: 'nobody',
      x: null,
      t_x_days: null,
      p_alive: null,
      dert: null,
    });
    expect(clash).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/p_alive would be there twice, .* with --columns\.\n$/),
    });
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('id not in scores.csv, expected some of customer_id'),
    });
    expect(weeks).toMatchObject({ code: 1, stderr: expect.stringContaining('column t_x missing') });
    expect(onto).toMatchObject({ code: 2, stderr: expect.stringContaining('is what --file names') });
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('a calibration without an epoch') });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('Option --horizons: missing') });
  });

  it.each([
    [['holdout', '--calibrate-to', '2025-03-04', '--to', TO, '--data', 'drops', '--stack', 'X'], '--data <dir>'],
    [['holdout', '--calibrate-to', '2025-03-04', '--to', TO, '--data', 'drops', '--home', 'home'], '--data <dir>'],
    [['fit', '--cells', 'cells.json', '--data', 'drops'], '--cells <file>'],
    [['fit', '--cells', 'cells.json', '--config', 'perennial.config.json'], '--cells <file>'],
  ])('come from one place, not two: %j', async (args, option) => {
    const [refused] = await session(args);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`'${option}' cannot be used with`) });
  });

  it('tells what it leaves out, and which day has no folder', async () => {
    const text =
      'transaction_id,customer_id,occurred_at,amount,currency,type\nx1,c1,2025-03-08,1,USD,sale\nx2,c2,soon,1,USD,sale\n';
    const path = join(dir, 'gaps/dt=2025-03-08/transactions/a.csv');
    await deliver(join(dir, 'gaps'), plainDays('2025-03-01', DAYS));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    const [unready] = await session(['fit', '--data', 'gaps']);
    expect(unready).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: Drop 2025-03-08: no marker in /) });
    await writeFile(join(dir, 'gaps/dt=2025-03-08/_SUCCESS'), '');
    const [told] = await session(['fit', '--data', 'gaps', '--json']);
    expect(told?.code).toBe(0);
    expect(told?.stderr).toMatch(
      /^note: 1 day of 8 from 2025-03-01 to 2025-03-08 without a folder, .*: 2025-03-07\.\nwarning: 1 row of 127 rows refused and left out\. The first: .*a\.csv line 3: /,
    );
  });
});
