import type { Check } from './compare.ts';

/** Differences of one comparison that are shown; the others are in the result by their number alone. */
const SHOWN = 5;

/** Prints every comparison, then what differs. @returns count of those that passed and of the others */
export function tellChecks(checks: readonly Check[]): { passed: number; failed: number } {
  const failed = checks.filter(({ differences }) => differences.length > 0);
  const width = Math.max(...checks.map(({ name }) => name.length));
  console.log(`\n${'comparison'.padEnd(width)}  compared  differences`);
  for (const { name, compared, differences } of checks) {
    console.log(`${name.padEnd(width)}  ${String(compared).padStart(8)}  ${String(differences.length).padStart(11)}`);
  }
  for (const { name, differences } of failed) {
    console.log(`\n${name}:`);
    for (const line of differences.slice(0, SHOWN)) console.log(`  - ${line}`);
    if (differences.length > SHOWN) console.log(`  ... and ${differences.length - SHOWN} more`);
  }
  return { passed: checks.length - failed.length, failed: failed.length };
}
