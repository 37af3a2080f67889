import { gunzipSync } from 'node:zlib';
import { type BusinessDate, dayOf } from '../../time.ts';
import { gzipLines } from '../gzip-lines.ts';
import { isErasedRecord } from '../quarantine/erased-record.ts';
import { type Change, type CompactContext, contentOf, type Unit } from './change.ts';

/**
 * Refused rows: every record in which an erased customer's id stands as a value goes, unless it tells of a time after the request.
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
    return { records, kept: records.filter((record) => !isErasedRecord(record, knownOn, context.erased)) };
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
