import * as z from 'zod';
import { type PurchaseCount, purchaseCellsOf, type SpendCount, spendCellsOf } from '../../lib/clv/fit/cells-of-counts.ts';
import { explainIssues } from '../../lib/config/explain-issues.ts';
import { UsageError } from '../../lib/errors.ts';
import type { FitInput } from '../../lib/run/models/fit-input.ts';
import type { FittedModelId } from '../../lib/run/models/fitted-model.ts';
import { readJsonFile } from './json-file.ts';

/** Decimals of the amounts of a file of cells, whatever their currency. */
const CENTS_EXPONENT = 2;

/** 2^21 - 1: nobody buys on more days than there are. */
const MAX_COUNT = 2_097_151;

/** 179 years. */
const MAX_DAYS = 65_535;

const customers = z.int().min(1);
const count = z.int().min(0).max(MAX_COUNT);
const days = z.int().min(0).max(MAX_DAYS);

const cellsSchema = z.strictObject({
  what: z.string().optional(),
  /** x, t_x and T in days, customers. */
  cells: z.array(z.tuple([count, days, days, customers])).default([]),
  /** x, cents on all repeat purchase days together, customers. */
  repeat_spend_cents: z.array(z.tuple([count, z.int(), customers])).default([]),
});

/** Has every key. */
const EXAMPLE = { what: '', cells: [], repeat_spend_cents: [] };

/**
 * Reads a file of counted customers: `{"cells": [[x, t_x, T, customers], ...], "repeat_spend_cents": [[x, cents, customers], ...]}`.
 *
 * @param model what is to be fitted; a model of purchases when left out
 * @throws UsageError that names what is wrong, and where; also when the list that the model is fitted to is missing or empty
 */
export function readCellsFile(file: string, model?: FittedModelId): FitInput {
  const value = readJsonFile('--cells', file, 'a JSON file of counted customers');
  const parsed = cellsSchema.safeParse(value);
  if (!parsed.success) throw wrong(file, explainIssues(parsed.error, value, EXAMPLE));
  const { cells, repeat_spend_cents: spend } = parsed.data;
  const [list, form, fitted] =
    model === 'gamma-gamma'
      ? (['repeat_spend_cents', '[[x, cents, customers], ...]', 'gamma-gamma is'] as const)
      : (['cells', '[[x, t_x, T, customers], ...]', 'models of purchases are'] as const);
  if (parsed.data[list].length === 0) {
    const seen = Object.hasOwn(value as object, list) ? 'is empty' : 'missing';
    throw wrong(file, `"${list}": ${seen}, expected ${form}, which ${fitted} fitted to`);
  }
  const impossible = cells.findIndex(([x, tx, tenure]) => tx > tenure || (x === 0 && tx > 0));
  if (impossible >= 0) {
    throw wrong(
      file,
      `"cells.${impossible}": ${JSON.stringify(cells[impossible])}, expected 0 <= t_x <= T, and t_x 0 where x is 0`,
    );
  }
  return {
    purchases: purchaseCellsOf(cells as PurchaseCount[]),
    spend: spendCellsOf(spend as SpendCount[]),
    leftOut: spend.reduce((sum, [x, cents, count]) => sum + (x > 0 && cents <= 0 ? count : 0), 0),
    exponent: CENTS_EXPONENT,
  };
}

const wrong = (file: string, seen: string) => new UsageError(`Cells ${file}: ${seen}. Correct the file; see docs/guide.md.`);
