import type { ModelParams } from '../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { UsageError } from '../../lib/errors.ts';
import type { FittedModelId } from '../../lib/run/models/fitted-model.ts';
import type { TimeUnit } from '../../lib/run/models/time-unit.ts';
import { parseJson, readJsonFile } from './json-file.ts';

/** Parameters of Gamma-Gamma. */
const SPEND_PARAMETERS = ['p', 'q', 'v'];

/** Names of a model's parameters, in their order. */
const parametersOf = (model: FittedModelId): readonly string[] =>
  model === 'gamma-gamma' ? SPEND_PARAMETERS : purchaseModel(model).parameters;

/** What an option gives of a fit. */
export interface GivenFit {
  readonly params: ModelParams;
  /** True when `fit` said that it must not be used. */
  readonly degenerate: boolean;
}

/**
 * Reads the parameters of a fit: JSON, or a file of JSON, of the parameters alone, or of what `fit --json` or `calibrations --json`
 * printed.
 *
 * @param option name of the option, for messages
 * @throws UsageError unless exactly the model's parameters are there, each above 0; for a fit of another model or unit;
 *   for a calibration without an epoch, or without the spend that is asked for
 */
export function readFit(
  option: string,
  text: string,
  { model, unit }: { readonly model: FittedModelId; readonly unit: TimeUnit },
): GivenFit {
  const names = parametersOf(model);
  const expected = `an object {${names.map((name) => `"${name}": ...`).join(', ')}} of ${model}`;
  const printed = parse(option, text, expected);
  const value = 'epoch' in printed ? fitInForce(option, model, printed['epoch']) : printed;
  const { model: fitted, unit: fittedUnit, params = value } = value;
  if (typeof fitted === 'string' && fitted !== model) {
    throw new UsageError(`Option ${option}: parameters of ${fitted}, expected ${expected}. Name the same model with --model.`);
  }
  if (typeof fittedUnit === 'string' && fittedUnit !== unit) {
    throw new UsageError(`Option ${option}: times in ${fittedUnit}, expected ${unit}. Name the same unit with --unit.`);
  }
  const given = isObject(params) ? params : {};
  const wrong = names.filter((name) => !isPositive(given[name]));
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (wrong.length > 0 || unknown.length > 0) {
    const seen = [
      ...wrong.map((name) => `${name} is ${name in given ? JSON.stringify(given[name]) : 'missing'}`),
      ...unknown.map((name) => `${name} is not known`),
    ];
    throw new UsageError(`Option ${option}: ${seen.join(', ')}, expected ${expected}, each above 0. Correct the parameters.`);
  }
  return {
    params: Object.fromEntries(names.map((name) => [name, given[name] as number])),
    degenerate: value['degenerate'] === true,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Positive, with a finite logarithm. */
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(Math.log(value));

/** What `fit` would print of the epoch that `calibrations` printed: its times are in days. */
function fitInForce(option: string, model: FittedModelId, epoch: unknown): Record<string, unknown> {
  if (!isObject(epoch)) {
    throw new UsageError(
      `Option ${option}: a calibration without an epoch, expected one with a model in force. Take a later date, or use fit.`,
    );
  }
  if (model !== 'gamma-gamma') return { model: epoch['model'], params: epoch['params'], unit: 'days' };
  if (epoch['spend'] !== null) return { model, params: epoch['spend'] };
  throw new UsageError(
    `Option ${option}: a calibration whose epoch has no gamma-gamma in force, expected one with it. Take another date, or use fit.`,
  );
}

/** What is meant as JSON, not as a path: an object, also a broken one, and what is given by mistake for one. */
const INLINE = /^\s*([{["]|null\s*$|$)/;

function parse(option: string, text: string, expected: string): Record<string, unknown> {
  const wanted = `${expected}, as JSON or as a file of it`;
  const value = INLINE.test(text)
    ? parseJson(`Option ${option}`, text.trim() || 'null', wanted)
    : readJsonFile(option, text, wanted);
  if (isObject(value)) return value;
  throw new UsageError(`Option ${option}: no JSON object, expected ${wanted}. Correct the option.`);
}
