import fc from 'fast-check';
import type { FactTable } from '../../lib/book/facts.ts';
import { DAY_0, factTable } from './facts.ts';
import type { SourcedFact } from './naive-book.ts';

/** Customers of a drawn history. */
export const CUSTOMERS = ['a', 'a ', '\uFEFFa', '客', 'zz'];
/** Nights of a drawn history. */
export const NIGHTS = 12;

/** Few ids, days and amounts, so that copies, conflicts, refunds and orphans are common. */
const drawn = fc.record({
  night: fc.nat(NIGHTS - 1),
  source: fc.constantFrom('a.csv', 'b.csv', 'c.csv'),
  id: fc.integer({ min: 0, max: 11 }).map((n) => `t${n}`),
  customer: fc.constantFrom(...CUSTOMERS),
  offset: fc.constantFrom(0, 0, 0, -1, -2, -5, 1, 2, 3),
  amount: fc.constantFrom(0, 1, 2, 3, 5, 8),
  type: fc.constantFrom('sale', 'sale', 'sale', 'refund', 'refund', 'void'),
  original: fc.option(
    fc.integer({ min: 0, max: 11 }).map((n) => `t${n}`),
    { nil: undefined, freq: 3 },
  ),
  second: fc.nat(2),
} as const);

/** What became known on each of the nights from `DAY_0` on. */
export const history = fc.array(drawn, { minLength: 1, maxLength: 70 }).map((rows) => {
  const nights = Array.from({ length: NIGHTS }, (): SourcedFact[] => []);
  for (const [i, { night, offset, original, type, ...row }] of rows.entries()) {
    const named = type === 'sale' ? undefined : type === 'void' ? (original ?? 't0') : original;
    const fact = { ...row, type, day: DAY_0 + night + offset, line: i + 2 } as const;
    nights[night]?.push(named === undefined ? fact : { ...fact, original: named });
  }
  return nights;
});

/** The files of a night. */
export function tablesOf(facts: readonly SourcedFact[]): FactTable[] {
  const sources = [...new Set(facts.map(({ source }) => source))].sort();
  return sources.map((source) =>
    factTable(
      facts.filter((fact) => fact.source === source),
      source,
    ),
  );
}
