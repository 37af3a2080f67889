import { gunzipSync } from 'node:zlib';
import { type BusinessDate, dayOf } from '../../time.ts';
import type { CommittedErasures, Erasure } from '../committed-erasures.ts';
import { gzipLines } from '../gzip-lines.ts';
import { type Change, type CompactContext, contentOf, type Unit } from './change.ts';

/** What may stand between the values of a raw row, whatever its form. */
const BETWEEN = /[\s,;|:"'{}[\]]+/;

/** A date, or a date and time, as ISO 8601 writes them. */
const INSTANT = /\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;

/**
 * Refused rows: every record in which an erased customer's id stands as a value goes, unless it tells of a time after the request.
 *
 * Refused rows are often broken, so the id is looked for in every value and every part of the raw text.
 */
export async function planQuarantine(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const [key = ''] = unit.keys;
  const knownOn = dayOf((/\/known=([^/]+)\//.exec(key)?.[1] ?? '') as BusinessDate);
  const read = async () => {
    const lines = gunzipSync(await context.deps.lake.read(key))
      .toString('utf8')
      .split('\n')
      .slice(0, -1);
    const records = lines.map((line) => JSON.parse(line) as unknown);
    return { records, kept: records.filter((record) => !isGone(record, knownOn, context.erased)) };
  };
  const { records, kept } = await read();
  if (kept.length === records.length) return [];
  const common = { place: 'lake', key, kind: 'quarantine' } as const;
  if (!context.listed.has(key) && !isOfCommittedRun(key, context)) return [{ ...common, action: 'delete' }];
  const content = contentOf(async () => gzipLines((await read()).kept));
  return [{ ...common, action: 'rewrite', rows: records.length - kept.length, content }];
}

function isOfCommittedRun(key: string, { chain }: CompactContext): boolean {
  return chain.has(/\/run=([^/]+)\//.exec(key)?.[1] ?? '');
}

function isGone(record: unknown, knownOn: number, erased: CommittedErasures): boolean {
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
