import { DataType, TimeUnit } from 'apache-arrow';
import type { CellKind } from './cell-text.ts';

/** Units of a time in one millisecond. */
const PER_MS: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 0.001,
  [TimeUnit.MILLISECOND]: 1,
  [TimeUnit.MICROSECOND]: 1000,
  [TimeUnit.NANOSECOND]: 1_000_000,
};

/** What the cells of an Arrow column hold; undefined for a type without text. A column of nulls is one of empty texts. */
export function arrowKindOf(type: DataType): CellKind | undefined {
  if (DataType.isDictionary(type)) {
    const kind = arrowKindOf(type.dictionary);
    return DataType.isDictionary(type.dictionary) ? undefined : kind;
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isBinary(type) || DataType.isLargeBinary(type)) {
    return { kind: 'text' };
  }
  if (isView(type)) return { kind: 'text' };
  if (DataType.isNull(type)) return { kind: 'text' };
  if (DataType.isInt(type)) return { kind: 'integer' };
  if (DataType.isFloat(type)) return type.precision === 0 ? undefined : { kind: type.precision === 1 ? 'float' : 'double' };
  if (DataType.isDecimal(type)) return { kind: 'decimal', scale: type.scale };
  if (DataType.isDate(type)) return type.unit === 0 ? { kind: 'date' } : { kind: 'timestamp', perMs: 1, isInstant: false };
  if (DataType.isTimestamp(type)) return { kind: 'timestamp', perMs: PER_MS[type.unit], isInstant: (type.timezone ?? '') !== '' };
  if (DataType.isBool(type)) return { kind: 'flag' };
  return undefined;
}

/** True for texts whose values are views: the first bytes in place, longer ones in buffers of their own. */
export const isView = (type: DataType): boolean => DataType.isUtf8View(type) || DataType.isBinaryView(type);
