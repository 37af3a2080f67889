import {
  DataType,
  Message,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  type Schema,
  Table,
  type TypeMap,
  tableFromIPC,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { KeptRows } from './kept-rows.ts';

const FILE_MAGIC = 'ARROW1';

/**
 * An Arrow file or stream without the rows that go: schema and metadata stay, buffers are written uncompressed. Dictionaries are
 * made anew, since the words of rows that went would stay in them.
 */
export function keepArrow(bytes: Uint8Array, { dropped, blanked }: KeptRows, referrer: string): Uint8Array {
  const table = tableFromIPC(bytes);
  const kept = Array.from({ length: table.numRows }, (_, row) => row).filter((row) => !dropped.has(row));
  const columns: Record<string, Vector> = {};
  for (const field of table.schema.fields) {
    const column = table.getChild(field.name) as Vector;
    const emptied = field.name === referrer ? blanked : new Set<number>();
    columns[field.name] =
      DataType.isDictionary(field.type) || emptied.size > 0 ? remade(column, kept, emptied) : sliced(column, kept);
  }
  const next = new Table(table.schema as Table<TypeMap>['schema'], columns);
  const isFile = Buffer.from(bytes.subarray(0, FILE_MAGIC.length)).toString('latin1') === FILE_MAGIC;
  return isFile ? arrowFile(next) : RecordBatchStreamWriter.writeAll(next).toUint8Array(true);
}

/** A table as an Arrow file that can also be read front to back. */
export function arrowFile(table: Table): Uint8Array {
  const writer = new WholeFileWriter();
  writer.writeAll(table);
  return writer.toUint8Array(true);
}

/** Arrow's writer, but with the schema in front, as the format asks for and Arrow for JavaScript leaves out. */
class WholeFileWriter extends RecordBatchFileWriter {
  protected override _writeSchema(schema: Schema): this {
    super._writeSchema(schema);
    return this._writeMessage(Message.from(schema));
  }
}

/** A column from its values. */
function remade(column: Vector, kept: readonly number[], emptied: ReadonlySet<number>): Vector {
  const values = kept.map((row) => (emptied.has(row) ? null : (column.get(row) as unknown)));
  return vectorFromArray(values, column.type as DataType);
}

/** A column from runs of its own buffers: whatever its type, no value is read. */
function sliced(column: Vector, kept: readonly number[]): Vector {
  const runs: Vector[] = [];
  for (let i = 0; i < kept.length; ) {
    const first = i;
    while (i + 1 < kept.length && kept[i + 1] === (kept[i] as number) + 1) i++;
    runs.push(column.slice(kept[first], (kept[i] as number) + 1));
    i++;
  }
  return runs.length === 0 ? column.slice(0, 0) : new Vector(runs.flatMap(({ data }) => data));
}
