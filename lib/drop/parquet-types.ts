import type { SchemaElement } from 'hyparquet';
import type { CellKind } from './cell-text.ts';

const PER_MS = { MILLIS: 1, MICROS: 1000, NANOS: 1_000_000 } as const;
const text = { kind: 'text' } as const;
const integer = { kind: 'integer' } as const;

/**
 * What the cells of a Parquet column hold; `flag` for true and false, another word is the name of a type without text.
 *
 * A timestamp of a file without logical types, and INT96, is an instant, as their writers mean it.
 */
export function cellKindOf(element: SchemaElement): CellKind | string {
  const logical = element.logical_type;
  switch (logical?.type) {
    case 'TIMESTAMP':
      return { kind: 'timestamp', perMs: PER_MS[logical.unit], isInstant: logical.isAdjustedToUTC };
    case 'DECIMAL':
      return { kind: 'decimal', scale: logical.scale };
    case 'UUID':
      return { kind: 'uuid' };
    case 'TIME':
    case 'FLOAT16':
    case 'BSON':
    case 'VARIANT':
    case 'GEOMETRY':
    case 'GEOGRAPHY':
    case 'INTERVAL':
      return logical.type;
    default:
      return convertedKindOf(element);
  }
}

/** What a column without a telling logical type holds. */
function convertedKindOf(element: SchemaElement): CellKind | string {
  const { type, converted_type: converted, logical_type: logical } = element;
  switch (converted) {
    case 'DECIMAL':
      return { kind: 'decimal', scale: element.scale ?? 0 };
    case 'DATE':
      return { kind: 'date' };
    case 'TIMESTAMP_MILLIS':
      return { kind: 'timestamp', perMs: PER_MS.MILLIS, isInstant: true };
    case 'TIMESTAMP_MICROS':
      return { kind: 'timestamp', perMs: PER_MS.MICROS, isInstant: true };
    case 'TIME_MILLIS':
    case 'TIME_MICROS':
    case 'BSON':
    case 'INTERVAL':
      return converted;
    default:
      return logical?.type === 'DATE' ? { kind: 'date' } : physicalKindOf(type);
  }
}

function physicalKindOf(type: SchemaElement['type']): CellKind | string {
  switch (type) {
    case 'BYTE_ARRAY':
      return text;
    case 'INT32':
    case 'INT64':
      return integer;
    case 'INT96':
      return { kind: 'timestamp', perMs: PER_MS.NANOS, isInstant: true };
    case 'DOUBLE':
      return { kind: 'double' };
    case 'FLOAT':
      return { kind: 'float' };
    case 'BOOLEAN':
      return { kind: 'flag' };
    default:
      return type ?? 'unknown';
  }
}

/** True for a column of integers without sign. */
export function isUnsigned({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted?.startsWith('UINT_') === true || (logical?.type === 'INTEGER' && !logical.isSigned);
}
