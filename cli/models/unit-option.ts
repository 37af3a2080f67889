import { Option } from 'commander';
import { UNIT_DAYS } from '../../lib/run/models/time-unit.ts';

/** The option --unit. */
export function unitOption(description: string): Option {
  return new Option('--unit <unit>', description).choices(Object.keys(UNIT_DAYS)).default('days');
}
