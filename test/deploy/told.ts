import { NIGHTS, RANGE } from './drops.ts';
import type { Perennial } from './perennial.ts';

/** Commands that show results, the same for a home and a stack. */
const COMMANDS: readonly (readonly string[])[] = [
  ...[RANGE.to, ...NIGHTS].map((date) => ['scores', '--date', date, '--format', 'csv']),
  ['transitions', '--format', 'csv'],
  ['calibrations', '--json'],
  ['explain', 'c000001', '--json'],
  ['segments', '--json'],
  ['exports', '--json'],
  ['runs', '--json'],
];

/** @param place `--home DIR` or `--stack NAME` @returns what each command prints */
export async function readTold(perennial: Perennial, place: readonly string[]): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  for (const command of COMMANDS) {
    const { stdout } = await perennial.well([...command, ...place]);
    told.set(command.join(' '), command[0] === 'runs' ? withoutInstants(stdout) : stdout);
  }
  return told;
}

/** The ledger tells when a run was committed, which no two installations share. */
function withoutInstants(text: string): string {
  return text.replaceAll(/"(committedAt|openedAt)": "[^"]+"/g, '"$1": "told"');
}
