import {
  Binary,
  DataType,
  Field,
  Message,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  Table,
  tableFromIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { KeptRows } from './kept-rows.ts';

const FILE_MAGIC = 'ARROW1';

/**
 * An Arrow file or stream without the rows that go: schema and metadata stay, buffers are written uncompressed. Dictionaries are
 * made anew, since the words of rows that went would stay in them; views become plain texts for the same reason.
 */
export function keepArrow(bytes: Uint8Array, { dropped, blanked }: KeptRows, referrer: string): Uint8Array {
  const table = tableFromIPC(bytes);
  const kept = Array.from({ length: table.numRows }, (_, row) => row).filter((row) => !dropped.has(row));
  const columns: Record<string, Vector> = {};
  const fields: Field[] = [];
  for (const field of table.schema.fields) {
    const column = table.getChild(field.name) as Vector;
    const emptied = field.name === referrer ? blanked : new Set<number>();
    const type = withoutViews(field.type);
    const isRemade = DataType.isDictionary(field.type) || type !== field.type || emptied.size > 0;
    columns[field.name] = isRemade ? remade({ column, type }, kept, emptied) : sliced(column, kept);
    fields.push(new Field(field.name, type, field.nullable, field.metadata));
  }
  const next = new Table(new Schema(fields, table.schema.metadata), columns);
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

/** Views become plain texts: their buffers would be written as they are, with the texts of rows that went. */
function withoutViews(type: DataType): DataType {
  if (DataType.isUtf8View(type)) return new Utf8();
  return DataType.isBinaryView(type) ? new Binary() : type;
}

/** A column from its values. */
function remade(
  { column, type }: { column: Vector; type: DataType },
  kept: readonly number[],
  emptied: ReadonlySet<number>,
): Vector {
  const values = kept.map((row) => (emptied.has(row) ? null : (column.get(row) as unknown)));
  return vectorFromArray(values, type);
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
