/**
 * A real shop's purchases through the documented commands (README, "Real data"), from the folder of the repository:
 *
 *   npm run -s perennial -- import ../shared/data/cdnow/CDNOW_sample.txt --split-by occurred_at --mapping examples/cdnow.mapping.json --home .cdnow
 *   npm run -s perennial -- run --from 1997-01-01 --to 1997-09-30 --home .cdnow
 *   npm run -s perennial -- run --date 1998-06-30 --home .cdnow
 *   npm run -s perennial -- scores --date 1997-09-30 --home .cdnow
 *
 * Here the home is a temporary folder. The file may not be published, so it is not part of the repository; the model fits of its
 * cells are tested without it in test/golden.
 */

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOK_VERSION, CUSTOMERS } from '../../lib/arrow/schemas.ts';
import { decodeTable } from '../../lib/arrow/table-file.ts';
import { cdnowCells, cdnowSpendCells } from '../golden/cdnow.ts';
import { type CommandResult, linesOf, perennial, REPOSITORY } from '../support/command-line.ts';
import { filesBelow } from '../support/tree.ts';

const SOURCE = '../shared/data/cdnow/CDNOW_sample.txt';
const isThere = existsSync(join(REPOSITORY, SOURCE));
if (!isThere) console.info(`The tests on the real CDNOW purchases are skipped: there is no file ${SOURCE}.`);

describe.skipIf(!isThere)('CDNOW', { timeout: 300_000 }, () => {
  let home: string;
  const command = async (...args: string[]): Promise<CommandResult> => {
    const result = await perennial([...args, '--home', home], REPOSITORY);
    if (result.code !== 0) throw new Error(`perennial ${args.join(' ')}: exit code ${result.code}\n${result.stderr}`);
    return result;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'perennial-cdnow-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('is imported: a drop for every date, empty or not', async () => {
    const { stdout } = await command('import', SOURCE, '--split-by', 'occurred_at', '--mapping', 'examples/cdnow.mapping.json');
    expect(stdout).toBe('6919 rows into 546 drops, 1997-01-01 to 1998-06-30 (545 with rows, 1 empty)\n');
  });

  it('runs to 1997-09-30; the cells of the scores are the published ones', async () => {
    await command('run', '--from', '1997-01-01', '--to', '1997-09-30', '--quiet');
    const { stdout } = await command('scores', '--date', '1997-09-30', '--format', 'csv');
    expect(cellsOfScores(stdout)).toEqual(publishedCells());
  });

  it('repeat spend of the book is the published one', async () => {
    expect(await spendOfBook(home, '1997-09-30')).toEqual(publishedSpend());
  });

  it('runs on to 1998-06-30', async () => {
    await command('run', '--date', '1998-06-30', '--quiet');
    const runs = JSON.parse((await command('runs', '--json')).stdout) as { from: string; to: string; state: string }[];
    expect(runs).toMatchObject([
      { from: '1997-01-01', to: '1997-09-30', state: 'CLOSED', counts: { rows: 4960, accepted: 4960, customers: 2357 } },
      { from: '1997-10-01', to: '1998-06-30', state: 'CLOSED', counts: { rows: 1959, accepted: 1959, customers: 2357 } },
    ]);
  });
});

/** Customers by cell, cells written as text. */
type Tally = Record<string, number>;

function tally(cells: Iterable<readonly [cell: string, customers: number]>): Tally {
  const counts: Tally = {};
  for (const [cell, customers] of cells) counts[cell] = (counts[cell] ?? 0) + customers;
  return counts;
}

function publishedCells(): Tally {
  const { x, txDays, tenureDays, weight } = cdnowCells();
  return tally([...x].map((repeats, i) => [`${repeats},${txDays[i]},${tenureDays[i]}`, weight[i] as number]));
}

function cellsOfScores(csv: string): Tally {
  const [header = '', ...rows] = linesOf(csv);
  const at = ['x', 't_x_days', 'tenure_days'].map((name) => header.split(',').indexOf(name));
  return tally(
    rows.map((row) => {
      const fields = row.split(',');
      return [at.map((position) => fields[position]).join(','), 1];
    }),
  );
}

function publishedSpend(): Tally {
  const { x, repeatNetMinor, weight } = cdnowSpendCells();
  return tally([...x].map((repeats, i) => [`${repeats},${repeatNetMinor[i]}`, weight[i] as number]));
}

/** Repeat purchase days and their net, of the customers who bought again. */
async function spendOfBook(home: string, date: string): Promise<Tally> {
  const lake = join(home, 'lake');
  const isBook = (path: string) => path.startsWith(`g=1/books/dt=${date}/`) && path.endsWith('/customers.arrow');
  const cells: [string, number][] = [];
  for (const path of (await filesBelow(lake)).filter(isBook)) {
    const { rows, columns } = decodeTable(CUSTOMERS, await readFile(join(lake, path)), path, BOOK_VERSION);
    for (let row = 0; row < rows; row++) {
      const repeats = (columns.purchase_days[row] as number) - 1;
      if (repeats > 0) cells.push([`${repeats},${columns.repeat_net_minor[row]}`, 1]);
    }
  }
  return tally(cells);
}
