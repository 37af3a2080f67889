import { describe, expect, it } from 'vitest';
import { readParameters } from '../../../../cli/models/parameters.ts';

describe('readParameters', () => {
  it('takes parameters, or what fit printed, in the order of the model', () => {
    const params = { b: 2.4, a: 0.8, alpha: 4.4, r: 0.24 };
    const expected = { r: 0.24, alpha: 4.4, a: 0.8, b: 2.4 };
    expect(readParameters('--params', JSON.stringify(params), 'bg-nbd')).toEqual(expected);
    const printed = readParameters('--params', JSON.stringify({ model: 'bg-nbd', params, converged: true }), 'bg-nbd');
    expect(Object.keys(printed)).toEqual(Object.keys(expected));
  });

  it.each([
    ['{"r":1,"alpha":2,"a":0}', /a is 0, b is missing, expected \{"r": \.\.\., "alpha"/],
    ['{"r":1,"alpha":2,"a":1,"b":"3"}', /b is "3"/],
    ['{"r":1,"alpha":2,"a":1,"b":3,"beta":1}', /beta is not known/],
    ['{"model":"mbg-nbd","params":{"r":1,"alpha":2,"a":1,"b":3}}', /parameters of mbg-nbd, expected .* of bg-nbd/],
    ['{"r":1', /JSON/],
    ['nowhere.json', /nowhere\.json/],
  ])('refuses %s', (text, message) => {
    expect(() => readParameters('--params', text, 'bg-nbd')).toThrow(message);
  });
});
