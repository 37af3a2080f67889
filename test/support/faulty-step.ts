import { isMapStep, type Step } from '../../lib/keys.ts';
import { itemKey } from '../../lib/run/deps.ts';
import { die } from './dying.ts';

type UseCase = (input: object, ...rest: unknown[]) => Promise<unknown>;

/** The real use case, but for the item that the variable PERENNIAL_FAULT names: `<step> <item> <name of the error>`. */
export function play(step: Step, real: UseCase): UseCase {
  return async (input, ...rest) => {
    const [faulty, item, name = ''] = (process.env['PERENNIAL_FAULT'] ?? '').split(' ');
    if (faulty === step && isMapStep(step) && itemKey(step, input) === item) return die(name);
    return real(input, ...rest);
  };
}
