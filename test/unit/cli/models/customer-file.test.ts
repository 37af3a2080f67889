import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCustomerFile } from '../../../../cli/models/customer-file.ts';
import { NAMES_IN_SCORES, predictPurchases, predictSpend } from '../../../../cli/models/predict-rows.ts';
import { fittedModel } from '../../../../lib/clv/models/purchase-models.ts';
import { UsageError } from '../../../../lib/errors.ts';

const dir = mkdtempSync(join(tmpdir(), 'perennial-customers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const path = join(dir, 'customers.csv');
const fitted = fittedModel('bg-nbd', { r: 0.24, alpha: 4.4, a: 0.8, b: 2.4 });
const purchases = predictPurchases('customers.csv', fitted, { horizons: [{ text: '5', length: 5 }], withReturn: true });
const spend = predictSpend('customers.csv', { p: 6, q: 4, v: 15 });

async function predictAll(text: string, prediction = purchases) {
  writeFileSync(path, text);
  const file = await openCustomerFile(path, prediction.inputs, NAMES_IN_SCORES);
  const values: (number | null)[][] = [];
  for await (const row of file.rows) values.push(prediction.valuesOf(file, row));
  return values;
}

describe('a file of customers', () => {
  it('is read by the names of its columns, in its order', async () => {
    const [[alive, expected, back] = []] = await predictAll('T,id,t_x,x\n"39",a,1e1,2\n');
    const wanted = fitted.pAlive(2, 10, 39);
    expect([alive, expected, back]).toEqual([
      wanted,
      wanted * fitted.expectedWhileAlive(2, 39, 5),
      wanted * fitted.returnWhileAlive(2, 39, 5),
    ]);
  });

  it('has columns under the names of scores where their own are not there', async () => {
    const [own] = await predictAll('x,t_x,T\n2,10,39\n');
    expect(await predictAll('x,t_x_days,tenure_days\n2,10,39\n')).toEqual([own]);
    expect(await predictAll('x,t_x_days,t_x,T\n2,11,10,39\n')).toEqual([own]);
  });

  it.each([
    ['', /empty, expected a header with x, t_x \(or t_x_days\), T \(or tenure_days\)/],
    ['x,t_x_days,T,t_x_days\n', /column t_x_days twice/],
    ['x;t_x;T\n1;2;3\n', /column x missing.*expected columns divided by commas, not by semicolons/],
    ['x\tt_x\tT\n1\t2\t3\n', /expected columns divided by commas/],
    ['x,t_x\n', /column T missing among x, t_x/],
    ['x,t_x,T,x\n', /column x twice/],
    ['x,t_x,T\n1,2,3\n1,2\n', /line 3: 2 fields, expected 3 as in the header/],
    ['x,t_x,T\n1,2,\n', /line 2: T is "", expected a number/],
    ['x,t_x,T\n0x1,2,3\n', /line 2: x is "0x1"/],
    ['x,t_x,T\n1.5,2,3\n', /line 2: x 1\.5, expected a whole number/],
    ['x,t_x,T\n-1,2,3\n', /line 2: x -1/],
    ['x,t_x,T\n1,-2,3\n', /line 2: t_x -2, expected a time of 0 or more/],
    ['x,t_x,T\n1,4,3\n', /line 2: t_x 4 above T 3/],
    ['x,t_x,T\n0,1,3\n', /line 2: t_x 1 with x 0/],
    ['x,t_x,T\n1,"2,3\n', /Quote/],
  ])('is refused with one line: %j', async (text, message) => {
    await expect(predictAll(text)).rejects.toThrow(message);
  });

  it('is to be named rightly', async () => {
    await expect(openCustomerFile(join(dir, 'none.csv'), ['x'])).rejects.toThrow(UsageError);
    await expect(openCustomerFile(dir, ['x'])).rejects.toThrow(/Option --file: .*is a folder/);
  });

  it('needs no mean of whoever did not come back, and of the others a number', async () => {
    expect(await predictAll('x,m\n0,-\n2,10\n', spend)).toEqual([[30], [(6 * 35) / 15]]);
    await expect(predictAll('x,m\n2,-\n', spend)).rejects.toThrow(/line 2: m is "-"/);
  });
});
