import { ConfigError } from '../errors.ts';
import type { Destination } from './destination.ts';
import { genericCsv } from './destinations/generic-csv.ts';
import { genericJsonl } from './destinations/generic-jsonl.ts';

const DESTINATIONS: readonly Destination[] = [genericCsv, genericJsonl];

/** The destination of an id. @throws ConfigError for an unknown one */
export function destinationOf(id: string): Destination {
  const found = DESTINATIONS.find((destination) => destination.id === id);
  if (!found) {
    const known = DESTINATIONS.map((destination) => destination.id).join(', ');
    throw new ConfigError(`Destination ${id}: unknown, expected one of ${known}. Correct "destinations" in the configuration.`);
  }
  return found;
}
