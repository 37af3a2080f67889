import type { Finding, Level } from '../../lib/run/doctor/finding.ts';
import { colours } from '../colours.ts';
import { formatTable } from '../table.ts';

const COLOURS: Readonly<Record<Level, (text: string) => string>> = {
  ok: colours.green,
  warning: colours.yellow,
  problem: colours.red,
};

/** How many findings there are of a level. */
export const countOf = (findings: readonly Finding[], level: Level): number =>
  findings.filter((finding) => finding.level === level).length;

/** What was looked at and found, then what to do, in the same order. @param place name of the home or the stack */
export function describeFindings(findings: readonly Finding[], place: string): string {
  const rows = findings.map(({ level, check, found }) => [COLOURS[level](level), check, found]);
  const table = formatTable([{ name: 'result' }, { name: 'check' }, { name: 'found' }], rows);
  const todo = findings
    .filter(({ level, next }) => level !== 'ok' && next !== '')
    .map(({ check, next }) => `  ${check}: ${next}\n`);
  const [problems, warnings] = [countOf(findings, 'problem'), countOf(findings, 'warning')];
  const sum = problems + warnings === 0 ? 'Nothing is wrong' : `Problems: ${problems}, warnings: ${warnings}`;
  return `${place}\n${table}${todo.length === 0 ? '' : `What to do:\n${todo.join('')}`}${sum}.\n`;
}
