import type { ConfigChange } from '../../lib/config/config-changes.ts';
import { counted } from '../../lib/run/counted.ts';
import type { ConfigSwap } from '../../lib/run/put-config.ts';
import { formatTable } from '../table.ts';

/** Characters of a value that a table shows. */
const SHOWN = 60;

const FORMER: Readonly<Record<ConfigSwap['former'], string>> = {
  file: 'the file',
  put: 'what was put before',
  deployed: 'what the stack was deployed with',
  defaults: 'the defaults',
  unreadable: 'the defaults, since the configuration in force until now cannot be read',
};

/** Keys with two values each. @param names of the columns of values */
export function changeTable(changes: readonly ConfigChange[], [before, now]: readonly [string, string]): string {
  const columns = [{ name: 'key' }, { name: before }, { name: now }];
  return formatTable(
    columns,
    changes.map((change) => [change.key, shown(change.before), shown(change.now)]),
  );
}

function shown(value: string | null): string {
  if (value === null) return '-';
  return value.length > SHOWN ? `${value.slice(0, SHOWN - 3)}...` : value;
}

/** What a `config put` or `config reset` did. @param rebuild the command that makes all state anew */
export function describeSwap(swap: ConfigSwap, rebuild: string): string {
  const { key, isNew, former, origin, changes } = swap;
  const hash = `Hash, as in run records: ${swap.sha256}\n`;
  if (!isNew) return key === null ? 'Nothing was put: nothing to reset.\n' : `Put already, nothing was changed.\n${hash}`;
  const what = key === null ? `Reset, in force again: ${FORMER[origin]}` : 'Put';
  const against = `${counted(changes.length, 'change')} against ${FORMER[former]}`;
  const table = changes.length === 0 ? '' : changeTable(changes, ['before', 'now']);
  return `${what}; ${against}.\n${hash}${table}${generationText(swap, rebuild)}It holds from the next run on; a run that was begun keeps its own.\n`;
}

/** What the change means for state that is there. */
function generationText({ generation, changes }: ConfigSwap, rebuild: string): string {
  const refused = generation.filter(({ name }) => name !== 'mapping' && name !== 'scoring');
  const later = generation.filter(({ name }) => name === 'mapping' || name === 'scoring');
  const lines = refused.map(
    ({ name, before, now }) =>
      `warning: ${name} ${before} → ${now}: all state was made with ${before}, so nights are refused until ${rebuild} makes it anew.`,
  );
  if (later.length > 0 && refused.length === 0) {
    lines.push(
      `note: ${later.map(({ name }) => name).join(' and ')} for the nights to come; ${rebuild} applies it to the past too.`,
    );
  }
  if (refused.length === 0 && generation.length > 0 && changes.some(({ key }) => key.startsWith('stages.'))) {
    lines.push('note: the section stages changed, so the next night is a baseline night (docs/lifecycle.md, Baseline nights).');
  }
  return lines.map((line) => `${line}\n`).join('');
}
