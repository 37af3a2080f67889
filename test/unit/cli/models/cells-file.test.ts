import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCellsFile } from '../../../../cli/models/cells-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'perennial-cells-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = join(dir, 'cells.json');
const read = (value: unknown, model?: 'gamma-gamma') => {
  writeFileSync(file, `\uFEFF${JSON.stringify(value)}`);
  return readCellsFile(file, model);
};

describe('readCellsFile', () => {
  it('sorts and merges cells, and counts repeat customers without positive spend', () => {
    const { purchases, spend, leftOut } = read({
      cells: [
        [2, 5, 9, 1],
        [0, 0, 9, 3],
        [2, 5, 9, 2],
      ],
      repeat_spend_cents: [
        [2, 500, 2],
        [2, 0, 1],
      ],
    });
    expect([...purchases.x, ...purchases.weight]).toEqual([0, 2, 3, 3]);
    expect([[...spend.repeatNetMinor], leftOut]).toEqual([[500], 1]);
  });

  it.each([
    [{ cells: [[1, 5, 4, 1]] }, /"cells\.0": \[1,5,4,1\], expected 0 <= t_x <= T/],
    [{ cells: [[0, 5, 9, 1]] }, /t_x 0 where x is 0/],
    [{ cells: [[1, 2.5, 4, 1]] }, /"cells\.0\.1": .*whole number/],
    [{ cells: [[1, 2, 4]] }, /"cells\.0"/],
    [{ cell: [] }, /"cell": not known, expected a known key \(did you mean cells\?\)/],
  ])('refuses %j', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it('says of a missing file what it is', () => {
    expect(() => readCellsFile(join(dir, 'none.json'))).toThrow(/none\.json: there is none, expected a JSON file/);
    expect(() => readCellsFile(dir)).toThrow(/is a folder/);
  });

  it('needs the list that the model is fitted to', () => {
    const [cells, spend] = [[[0, 0, 9, 3]], [[2, 500, 2]]];
    expect(() => read({})).toThrow(/"cells": missing, expected \[\[x, t_x, T, customers\], \.\.\.\]/);
    expect(() => read({ cells: [], repeat_spend_cents: spend })).toThrow(/"cells": is empty/);
    expect(() => read({ cells }, 'gamma-gamma')).toThrow(/"repeat_spend_cents": missing, expected \[\[x, cents, customers\]/);
    expect(read({ repeat_spend_cents: spend }, 'gamma-gamma').spend.x).toHaveLength(1);
  });
});
