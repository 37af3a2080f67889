import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { ContractMismatchError } from '../../errors.ts';
import { type Change, type CompactContext, storeOf, type Unit } from './change.ts';

const isWordByte = (byte: number | undefined) =>
  byte !== undefined && ((byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95);

/** True when an id stands in the bytes, not as a part of a longer word. */
function holds(bytes: Buffer, id: Buffer): boolean {
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) {
    if (!isWordByte(bytes[at - 1]) && !isWordByte(bytes[at + id.length])) return true;
  }
  return false;
}

/**
 * Objects of a kind that nobody rewrites: none may hold the id of an erased customer whose rows were found elsewhere.
 *
 * @throws ContractMismatchError for one that does: it would be left behind
 */
export async function planUnknown(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const ids = context.erased.found();
  for (const key of ids.length > 0 ? unit.keys : []) {
    const stored = Buffer.from(await storeOf(context, unit.place).read(key));
    const bytes = key.endsWith('.gz') ? gunzipSync(stored) : key.endsWith('.zst') ? zstdDecompressSync(stored) : stored;
    if (ids.some((id) => holds(bytes, id))) {
      throw new ContractMismatchError(
        `Object ${storeOf(context, unit.place).url}/${key}: holds the id of an erased customer, unknown kind, expected a kind that compact can rewrite. Remove or clean the file by hand, then run compact again.`,
      );
    }
  }
  return [];
}

/**
 * JSON of the runs, the lists and the aggregates: no value may be the id of an erased customer.
 *
 * @throws ContractMismatchError for one that is
 */
export async function planIdless(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  for (const key of unit.keys) {
    if (!key.endsWith('.json')) continue;
    const value: unknown = JSON.parse(Buffer.from(await storeOf(context, unit.place).read(key)).toString('utf8'));
    if (holdsId(value, context)) {
      throw new ContractMismatchError(
        `Object ${storeOf(context, unit.place).url}/${key}: holds the id of an erased customer, expected none in an object of this kind. Remove or clean the file by hand, then run compact again.`,
      );
    }
  }
  return [];
}

function holdsId(value: unknown, context: CompactContext): boolean {
  if (typeof value === 'string') return context.erased.findText(value) !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, part]) => (!Array.isArray(value) && context.erased.findText(name) !== undefined) || holdsId(part, context),
  );
}
