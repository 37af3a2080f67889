import { describe, expect, it } from 'vitest';
import { readFit } from '../../../../cli/models/parameters.ts';

const OF_DAYS = { model: 'bg-nbd', unit: 'days' } as const;

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
    ['{"r":1,"alpha":2,"a":0}', /a is 0, b is missing, expected \{"r": \.\.\., "alpha"/],
    ['{"r":1,"alpha":2,"a":1,"b":"3"}', /b is "3"/],
    ['{"r":1,"alpha":2,"a":1,"b":3,"beta":1}', /beta is not known/],
    ['{"model":"mbg-nbd","params":{"r":1,"alpha":2,"a":1,"b":3}}', /parameters of mbg-nbd, expected .* of bg-nbd/],
    ['{"unit":"weeks","params":{"r":1,"alpha":2,"a":1,"b":3}}', /times in weeks, expected days/],
    ['{"r":1', /JSON/],
    ['nowhere.json', /nowhere\.json/],
  ])('refuses %s', (text, message) => {
    expect(() => readFit('--params', text, OF_DAYS)).toThrow(message);
  });
});
