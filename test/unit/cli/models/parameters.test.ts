import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFit } from '../../../../cli/models/parameters.ts';

const OF_DAYS = { model: 'bg-nbd', unit: 'days' } as const;
const OF_SPEND = { model: 'gamma-gamma', unit: 'days' } as const;

const dir = mkdtempSync(join(tmpdir(), 'perennial-params-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('readFit', () => {
  it('takes parameters, or what fit printed, in the order of the model', () => {
    const params = { b: 2.4, a: 0.8, alpha: 4.4, r: 0.24 };
    const expected = { r: 0.24, alpha: 4.4, a: 0.8, b: 2.4 };
    expect(readFit('--params', JSON.stringify(params), OF_DAYS)).toEqual({ params: expected, degenerate: false });
    const printed = { model: 'bg-nbd', params, degenerate: true, unit: 'days' };
    const read = readFit('--params', JSON.stringify(printed), OF_DAYS);
    expect([Object.keys(read.params), read.degenerate]).toEqual([Object.keys(expected), true]);
  });

  it.each([
    ['{"r":1,"alpha":2,"a":0}', /a is 0, b is missing, expected an object \{"r": \.\.\., "alpha"/],
    ['{"r":1,"alpha":2,"a":1,"b":"3"}', /b is "3"/],
    ['{"r":1,"alpha":2,"a":1,"b":3,"beta":1}', /beta is not known/],
    ['{"model":"mbg-nbd","params":{"r":1,"alpha":2,"a":1,"b":3}}', /parameters of mbg-nbd, expected .* of bg-nbd/],
    ['{"unit":"weeks","params":{"r":1,"alpha":2,"a":1,"b":3}}', /times in weeks, expected days/],
    ['{"r":\nx}', /^Option --params: [^\n]*JSON[^\n]*Correct the JSON\.$/],
    ['[]', /no JSON object, expected an object \{"r"/],
    [' null', /no JSON object, expected an object/],
    ['', /no JSON object, expected an object/],
    ['nowhere.json', /^Option --params: nowhere\.json: there is none, expected an object .* Correct the path\.$/],
    [dir, /is a folder, expected an object/],
    ['{"epoch":null,"candidate":{}}', /a calibration without an epoch/],
    ['{"epoch":{"model":"mbg-nbd","params":{},"spend":null}}', /parameters of mbg-nbd, expected .* of bg-nbd/],
  ])('refuses %s', (text, message) => {
    expect(() => readFit('--params', text, OF_DAYS)).toThrow(message);
  });

  it('takes what is in force from a calibration, in days, also from a file with a byte order mark', () => {
    const params = { r: 0.24, alpha: 4.4, a: 0.8, b: 2.4 };
    const epoch = { id: 'bg-nbd@2025-03-06', model: 'bg-nbd', params, spend: { p: 6, q: 4, v: 15 } };
    const file = join(dir, 'calibrations.json');
    writeFileSync(file, `\uFEFF${JSON.stringify({ date: '2025-03-07', epoch, tierCuts: null })}`);
    expect(readFit('--params', file, OF_DAYS)).toEqual({ params, degenerate: false });
    expect(readFit('--params', file, OF_SPEND).params).toEqual(epoch.spend);
    expect(() => readFit('--start', file, { model: 'bg-nbd', unit: 'weeks' })).toThrow(/times in days, expected weeks/);
    const without = JSON.stringify({ epoch: { ...epoch, spend: null } });
    expect(() => readFit('--params', without, OF_SPEND)).toThrow(/epoch has no gamma-gamma in force/);
  });
});
