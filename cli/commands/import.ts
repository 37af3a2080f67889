import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { explainIssues } from '../../lib/config/explain-issues.ts';
import { type TransactionsMapping, transactionsMapping } from '../../lib/config/mapping.ts';
import { type SplitHistoryResult, splitHistory } from '../../lib/drop/split-history.ts';
import { ConfigError } from '../../lib/errors.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { countingLine, silentLine } from '../counting-line.ts';
import { listHistoryFiles } from '../history-files.ts';
import { withHome } from '../options.ts';
import { cannotWrite } from '../output.ts';

interface ImportOptions extends HomeOptions {
  readonly splitBy: string;
  readonly mapping?: string;
  readonly skipBadRows?: string;
  readonly json?: true;
}

/** Adds `import PATH --split-by occurred_at`: splits an existing history into dated drops of the home's lake. */
export function registerImport(program: Command, context: CliContext): void {
  withHome(program.command('import'))
    .description('split an existing history (a folder, or one file) into dated drops')
    .argument('<path>', 'folder of files, or one file: csv, txt, tsv, each also with .gz')
    .requiredOption('--split-by <column>', 'column that dates a row: occurred_at')
    .option('--mapping <file>', 'how the history is read (JSON); default: the mapping of the configuration')
    .option('--skip-bad-rows <file>', 'keep rows without a readable date in this file (JSON lines) and go on')
    .option('--json', 'print the result as JSON')
    .action(async (path: string, options: ImportOptions) => {
      if (options.splitBy !== 'occurred_at') {
        throw new ConfigError(`Option --split-by: ${options.splitBy}, expected occurred_at. Correct the option.`);
      }
      const mapping = options.mapping === undefined ? undefined : readMapping(options.mapping);
      const history = await listHistoryFiles(path);
      const { drops, config: readConfig } = await context.openDrops(options);
      const config = await readConfig();
      const skipped = options.skipBadRows === undefined ? undefined : openBadRows(options.skipBadRows);
      const line = options.json ? silentLine : countingLine('import');
      let files = 0;
      const create = async (key: string, bytes: Uint8Array) => {
        const done = await drops.create(key, bytes);
        line.show('files written:', ++files);
        return done;
      };
      try {
        const result = await splitHistory({
          history,
          mapping: mapping ?? config.mapping.transactions,
          config,
          drops: { create },
          ...(skipped !== undefined && { skipBadRow: (row) => void writeSync(skipped, `${JSON.stringify(row)}\n`) }),
        });
        line.end();
        for (const file of history.ignored) process.stderr.write(`ignored ${file}: not .csv, .txt or .tsv\n`);
        process.stdout.write(
          options.json ? `${JSON.stringify({ ...result, ignored: history.ignored })}\n` : summary(result, options),
        );
      } finally {
        line.end();
        if (skipped !== undefined) closeSync(skipped);
      }
    });
}

/** @throws UsageError when the file cannot be written */
function openBadRows(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw cannotWrite('--skip-bad-rows', file, error);
  }
}

function summary(result: SplitHistoryResult, options: ImportOptions): string {
  const { rows, from, to, dates, datesWithRows, badRows, same } = result;
  const lines = [
    `${rows} rows into ${dates} drops, ${from} to ${to} (${datesWithRows} with rows, ${dates - datesWithRows} empty)`,
  ];
  if (same > 0) lines.push(`${same} drops were there already with the same rows`);
  if (badRows > 0) lines.push(`${badRows} rows without a readable date are in ${options.skipBadRows}`);
  return `${lines.join('\n')}\n`;
}

/** @throws ConfigError when the file is missing, no JSON or no mapping */
function readMapping(file: string): TransactionsMapping {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`Mapping ${file}: ${(cause as Error).message}, expected a JSON file. Correct the path or the file.`, {
      cause,
    });
  }
  const parsed = transactionsMapping.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Mapping ${file}: ${explainIssues(parsed.error, value)}. Correct the file; see docs/data-contract.md.`);
}
