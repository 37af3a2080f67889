import type { EpochDay } from '../../time.ts';
import type { CommittedErasures, Erasure } from '../committed-erasures.ts';

/** What may stand between the values of a raw row, whatever its form. */
const BETWEEN = /[\s,;|:"'{}[\]]+/;

/** A date, or a date and time, as ISO 8601 writes them. */
const INSTANT = /\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;

/**
 * True for a refused row of an erased customer, which is not to be shown and goes with the next `compact`: the id stands as a value
 * in it, and it does not tell of a time after the request.
 *
 * Refused rows are often broken, so the id is looked for in every value and every part of the raw text.
 *
 * @param knownOn night on which the row was refused: a row of a later night than the erasure stays only for its time
 */
export function isErasedRecord(record: unknown, knownOn: EpochDay, erased: CommittedErasures): boolean {
  if (erased.size === 0) return false;
  const texts = [...textsOf(record)];
  const erasure = texts.map((text) => findIn(text, erased)).find((found) => found !== undefined);
  if (!erasure) return false;
  return knownOn < erasure.knownOn || !texts.some((text) => isAfter(text, erasure));
}

/** Every text of a record; a raw row that is not UTF-8 as it is. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    const { raw, rawEncoding } = value as { raw?: unknown; rawEncoding?: unknown };
    if (rawEncoding === 'base64' && typeof raw === 'string') yield Buffer.from(raw, 'base64').toString('utf8');
    for (const part of Object.values(value)) yield* textsOf(part);
  }
}

/** An erased customer's id as the text itself, or as a part of it. */
export function findIn(text: string, erased: CommittedErasures): Erasure | undefined {
  const whole = erased.findText(text);
  if (whole) return whole;
  for (const part of [...csvFields(text), ...text.split(BETWEEN)]) {
    const found = erased.findText(part);
    if (found) return found;
  }
  return undefined;
}

/** The fields of a row by each delimiter that a mapping may name, quotes undone. */
function* csvFields(text: string): Generator<string> {
  for (const delimiter of [',', ';', '\t', '|']) {
    if (!text.includes(delimiter)) continue;
    const field = new RegExp(`"((?:[^"]|"")*)"|([^${delimiter === '|' ? '\\|' : delimiter}"]+)`, 'g');
    for (const [, quoted, plain] of text.matchAll(field)) yield quoted?.replaceAll('""', '"') ?? plain ?? '';
  }
}

function isAfter(text: string, { requestedAt }: Erasure): boolean {
  return (text.match(INSTANT) ?? []).some((time) => Date.parse(/:\d\d(\.\d+)?$/.test(time) ? `${time}Z` : time) > requestedAt);
}
