/** A count with its noun: `1 row`, `2,000 rows`, `2 copies`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? noun : pluralOf(noun)}`;

/** `copy` becomes `copies`, `row` `rows`. */
const pluralOf = (noun: string): string => (noun.endsWith('y') && !noun.endsWith('day') ? `${noun.slice(0, -1)}ies` : `${noun}s`);
