/**
 * A real shop's purchases through the documented commands (README, "Real data"), from the folder of the repository:
 *
 *   npm run -s perennial -- import ../shared/data/cdnow/CDNOW_sample.txt --split-by occurred_at --mapping examples/cdnow.mapping.json --home .cdnow
 *   npm run -s perennial -- run --from 1997-01-01 --to 1997-09-30 --home .cdnow
 *   npm run -s perennial -- run --date 1998-06-30 --home .cdnow
 *   npm run -s perennial -- scores --date 1997-09-30 --home .cdnow
 *   npm run -s perennial -- holdout --calibrate-to 1997-09-30 --to 1998-06-30 --home .cdnow
 *
 * Here the home is a temporary folder, one process runs all commands, and a configuration asks for one shard, one list and one
 * destination: cells and spend are of each customer alone and do not depend on how many of these there are (that shards change no
 * row is shown in test/property/nights.test.ts). The file may not be published, so it is not part of the repository; the model fits
 * of its cells are tested without it in test/golden.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOK_VERSION, CUSTOMERS } from '../../lib/arrow/schemas.ts';
import { decodeTable } from '../../lib/arrow/table-file.ts';
import type { Holdout } from '../../lib/clv/holdout/holdout.ts';
import { cdnowCells, cdnowSpendCells, REFERENCE, relativeError } from '../golden/cdnow.ts';
import { CDNOW_PURCHASES, hasCdnowPurchases } from '../support/cdnow-purchases.ts';
import { type CommandResult, linesOf, perennialSession, REPOSITORY } from '../support/command-line.ts';
import { filesBelow } from '../support/tree.ts';

const CONFIG = {
  shards: 1,
  segments: [{ id: 'loyal', name: { en: 'Loyal', zh: '忠诚' }, play: { en: 'Thank', zh: '致谢' }, where: { stage: ['loyal'] } }],
  destinations: [{ id: 'generic_csv' }],
};

describe.skipIf(!hasCdnowPurchases('The commands'))('CDNOW', { timeout: 300_000 }, () => {
  let dir: string;
  let home: string;
  let imported: CommandResult;
  let scores: CommandResult;
  let shown: CommandResult;
  let held: CommandResult;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-cdnow-'));
    home = join(dir, 'home');
    const config = join(dir, 'config.json');
    await writeFile(config, JSON.stringify(CONFIG));
    const run = ['run', '--config', config, '--workers', '1', '--quiet'];
    const commands = [
      ['import', CDNOW_PURCHASES, '--split-by', 'occurred_at', '--mapping', 'examples/cdnow.mapping.json', '--config', config],
      [...run, '--from', '1997-01-01', '--to', '1997-09-30'],
      ['scores', '--date', '1997-09-30', '--format', 'csv'],
      [...run, '--date', '1998-06-30'],
      ['runs', '--json'],
      ['holdout', '--calibrate-to', '1997-09-30', '--to', '1998-06-30', '--model', 'mbg-nbd', '--json'],
    ];
    const results = await perennialSession(home, commands, REPOSITORY);
    for (const [i, { code, stderr }] of results.entries()) {
      if (code !== 0) throw new Error(`perennial ${commands[i]?.join(' ')}: exit code ${code}\n${stderr}`);
    }
    [imported, , scores, , shown, held] = results as [
      CommandResult,
      CommandResult,
      CommandResult,
      CommandResult,
      CommandResult,
      CommandResult,
    ];
  }, 300_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('is imported: a drop for every date, empty or not', () => {
    expect(imported.stdout).toBe('6919 rows into 546 drops, 1997-01-01 to 1998-06-30 (545 with rows, 1 empty)\n');
  });

  it('runs to 1997-09-30; the cells of the scores are the published ones', () => {
    expect(cellsOfScores(scores.stdout)).toEqual(publishedCells());
  });

  it('repeat spend of the book is the published one', async () => {
    expect(await spendOfBook(home, '1997-09-30')).toEqual(publishedSpend());
  });

  it('runs on to 1998-06-30', () => {
    const runs = JSON.parse(shown.stdout) as { from: string; to: string; state: string }[];
    expect(runs).toMatchObject([
      { from: '1997-01-01', to: '1997-09-30', state: 'CLOSED', counts: { rows: 4960, accepted: 4960, customers: 2357 } },
      { from: '1997-10-01', to: '1998-06-30', state: 'CLOSED', counts: { rows: 1959, accepted: 1959, customers: 2357 } },
    ]);
  });

  it('is predicted as published: MBG/NBD of 1997-09-30 against the days to 1998-06-30', () => {
    const { totals, bins } = JSON.parse(held.stdout) as Pick<Holdout, 'totals' | 'bins'>;
    const reference = REFERENCE.holdout_39_weeks['mbg-nbd'];
    const [total, mae, rmse, correlation] = [reference.predicted_total, reference.mae, reference.rmse, reference.corr];
    expect(totals?.actual).toBe(REFERENCE.holdout_39_weeks.holdout_actual);
    for (const [observed, exact] of [
      [totals?.predicted, total],
      [totals?.mae, mae],
      [totals?.rmse, rmse],
      [totals?.correlation, correlation],
      ...bins.map(({ predicted }, x) => [predicted, reference.bin_expected_mean[x]]),
      ...bins.map(({ actual }, x) => [actual, REFERENCE.holdout_39_weeks.bin_actual_mean[x]]),
    ] as [number, number][]) {
      expect(relativeError(observed, exact)).toBeLessThan(1e-7);
    }
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
