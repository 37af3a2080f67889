import type { QuarantineEntry } from '../../lib/run/quarantine/read-quarantine.ts';
import { count, formatTable } from '../table.ts';

/** Rows of one file that one rule refused. */
export interface QuarantineGroup extends Pick<QuarantineEntry, 'id' | 'key' | 'knownOn' | 'feed' | 'file' | 'rule'> {
  rows: number;
  /** Why the rows cannot be tried again as they are; null when they can. */
  readonly refusal: string | null;
  /** True when a run took their retry. */
  readonly retried: boolean;
  readonly example: Pick<QuarantineEntry, 'line' | 'message'>;
}

/** Groups as an aligned table, with an example of each. */
export function quarantineTable(groups: readonly QuarantineGroup[]): string {
  if (groups.length === 0) return 'No row is in quarantine.\n';
  const rows = groups.map(({ id, knownOn, file, rule, rows: found, refusal, retried, example }) => [
    id,
    knownOn,
    file,
    rule,
    found,
    retried ? 'retried' : refusal === null ? 'yes' : 'no',
    `line ${example.line}: ${example.message}`,
  ]);
  const table = formatTable(
    [
      { name: 'id' },
      { name: 'known on' },
      { name: 'file' },
      { name: 'rule' },
      { name: 'rows', align: 'right' },
      { name: 'retry' },
      { name: 'example' },
    ],
    rows,
  );
  const reasons = new Set(
    groups.flatMap(({ rule, refusal }) => (refusal === null ? [] : [`  ${rule} is not retried: ${refusal}\n`])),
  );
  return `${table}${[...reasons].join('')}`;
}

/** How rows are shown. */
export interface ShowOptions {
  /** Rows that there are. */
  readonly found: number;
  readonly personalData: boolean;
  readonly json: boolean;
}

/** Rows one below the other; the text of those with personal data only when it was asked for. */
export function quarantineRows(entries: readonly QuarantineEntry[], { found, personalData, json }: ShowOptions): string {
  const text = ({ row, fact, isPersonal }: QuarantineEntry): string => {
    if (isPersonal && !personalData) return '(personal data: --personal-data shows it)';
    return row ? `${row.raw}${row.rawEncoding === 'base64' ? ' (base64)' : ''}` : JSON.stringify(fact);
  };
  if (json) {
    const rows = entries.map((entry) => {
      const { file, line, rule, message } = entry;
      return { file, line, rule, message, raw: text(entry) };
    });
    return `${JSON.stringify(rows, undefined, 1)}\n`;
  }
  const lines = entries.map((entry) => `${entry.file} line ${entry.line}: ${entry.rule}\n  ${entry.message}\n  ${text(entry)}\n`);
  const more = found > entries.length ? `${count(found - entries.length)} more; --limit N shows them.\n` : '';
  return `${lines.join('')}${more}`;
}
