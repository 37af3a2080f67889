import { describe, expect, it } from 'vitest';
import { byteColumnOf } from '../../../lib/arrow/columns.ts';
import { IdTable } from '../../../lib/book/id-table.ts';

const add = (table: IdTable, id: string) => {
  const bytes = Buffer.from(`<${id}>`);
  return table.findOrAdd(bytes, 1, bytes.length - 1);
};
const find = (table: IdTable, id: string) => table.find(Buffer.from(id), 0, Buffer.byteLength(id));

describe('IdTable', () => {
  it('gives slots in the order of arrival, and the same slot again', () => {
    const table = new IdTable();
    for (let i = 0; i < 5000; i++) expect(add(table, `c${i * 7919}`)).toBe(i);
    for (let i = 0; i < 5000; i++) expect(find(table, `c${i * 7919}`)).toBe(i);
    expect([find(table, 'c1'), find(table, ''), table.size]).toEqual([-1, -1, 5000]);
  });

  it('finds few of many ordered ids, then many, and the new ones beside them', () => {
    const known = Array.from({ length: 4000 }, (_, i) => `c${String(i * 3).padStart(6, '0')}`);
    const table = IdTable.fromSorted(byteColumnOf(known), known.length);
    const check = (step: number) => {
      for (let i = 0; i < known.length; i += step) expect(find(table, known[i] as string)).toBe(i);
      expect([find(table, 'c000001'), find(table, 'b'), find(table, 'd')]).toEqual([-1, -1, -1]);
    };
    check(97);
    for (let i = 0; i < 50; i++) expect(add(table, `c${String(i * 3 + 2).padStart(6, '0')}`)).toBe(4000 + i);
    check(97);
    check(1);
    for (let i = 0; i < 50; i++) expect(find(table, `c${String(i * 3 + 2).padStart(6, '0')}`)).toBe(4000 + i);
    expect(table.size).toBe(4050);
  });

  it('merges ids that arrived late into those taken over in order', () => {
    const known = ['a', 'b', 'cc', 'd'];
    const table = IdTable.fromSorted(byteColumnOf(known), known.length);
    for (const id of ['c', 'zz', '', 'a', 'aa']) add(table, id);
    const ids = [...known, 'c', 'zz', '', 'aa'];
    expect([...table.sortedSlots()].map((slot) => ids[slot])).toEqual(['', 'a', 'aa', 'b', 'c', 'cc', 'd', 'zz']);
    ids.forEach((id, slot) => {
      expect(find(table, id)).toBe(slot);
    });
  });
});
