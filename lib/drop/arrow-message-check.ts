/** What a message says of itself. */
export interface MessageHead {
  readonly kind: 'schema' | 'dictionary' | 'batch';
  readonly bodyBytes: number;
}

const KINDS = [undefined, 'schema', 'dictionary', 'batch'] as const;
const MAX_FIELDS = 10_000;
const MAX_DEPTH = 24;

/** Rows of a record batch, or words of a dictionary, at the most. */
const MAX_BATCH_ROWS = 67_108_864;

/** Places of fields in the tables of Arrow's Message.fbs and Schema.fbs. */
const MESSAGE = { kind: 1, header: 2, body: 3 } as const;
const SCHEMA = { fields: 1 } as const;
const FIELD = { children: 5 } as const;
const BATCH = { length: 0, nodes: 1, buffers: 2 } as const;
const DICTIONARY = { data: 1 } as const;
const FOOTER = { schema: 1, dictionaries: 2, batches: 3 } as const;
const NODE_BYTES = 16;
const BLOCK_BYTES = 24;

/**
 * Reads kind and body length of a message's flatbuffer, and throws where its lists promise more than its bytes hold or its
 * buffers lie outside its body, so that a reader that trusts them may read it.
 */
export function checkMessage(bytes: Uint8Array): MessageHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const root = new FlatTable(view, view.getUint32(0, true));
  const kindAt = root.slot(MESSAGE.kind);
  const kind = kindAt === 0 ? undefined : KINDS[view.getUint8(kindAt)];
  if (kind === undefined) throw new Error('a message of an unknown kind');
  const bodyBytes = root.int64(MESSAGE.body);
  const header = root.table(MESSAGE.header);
  if (header === undefined) throw new Error('a message without a header');
  if (kind === 'schema') checkFields(header, SCHEMA.fields, { left: MAX_FIELDS }, 0);
  else checkBatch(kind === 'batch' ? header : header.table(DICTIONARY.data), bodyBytes);
  return { kind, bodyBytes };
}

/**
 * As `checkMessage`, for the footer of a file.
 *
 * @returns where the first message with values begins, bytes; undefined in a file without any
 */
export function checkFooter(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const footer = new FlatTable(view, view.getUint32(0, true));
  const schema = footer.table(FOOTER.schema);
  if (schema === undefined) throw new Error('a footer without a schema');
  checkFields(schema, SCHEMA.fields, { left: MAX_FIELDS }, 0);
  const dictionariesAt = firstBlock(footer, FOOTER.dictionaries);
  const batchesAt = firstBlock(footer, FOOTER.batches);
  if (dictionariesAt > batchesAt && dictionariesAt < Number.POSITIVE_INFINITY)
    throw new Error('dictionaries behind the rows that use them; write it as a stream');
  const first = Math.min(dictionariesAt, batchesAt);
  return first === Number.POSITIVE_INFINITY ? undefined : first;
}

/** Where the first of some messages begins, bytes; infinite when there is none. */
function firstBlock(footer: FlatTable, field: number): number {
  const blocks = footer.vector(field, BLOCK_BYTES);
  let first = Number.POSITIVE_INFINITY;
  for (let at = 0; at < blocks.length; at++) {
    first = Math.min(first, Number(footer.view.getBigInt64(blocks.start + BLOCK_BYTES * at, true)));
  }
  return first;
}

function checkFields(table: FlatTable, field: number, budget: { left: number }, depth: number): void {
  const children = table.vector(field, 4);
  budget.left -= children.length;
  if (budget.left < 0 || depth > MAX_DEPTH) throw new Error('a schema of too many fields');
  for (let at = 0; at < children.length; at++) {
    const place = children.start + 4 * at;
    const child = new FlatTable(table.view, place + table.view.getUint32(place, true));
    checkFields(child, FIELD.children, budget, depth + 1);
  }
}

function checkBatch(batch: FlatTable | undefined, bodyBytes: number): void {
  if (batch === undefined) throw new Error('a message without a header');
  const rows = batch.int64(BATCH.length);
  if (!(rows >= 0 && rows <= MAX_BATCH_ROWS)) throw new Error(`a record batch of ${rows} rows`);
  const nodes = batch.vector(BATCH.nodes, NODE_BYTES);
  for (let at = 0; at < nodes.length; at++) {
    const length = Number(batch.view.getBigInt64(nodes.start + NODE_BYTES * at, true));
    if (!(length >= 0 && length <= MAX_BATCH_ROWS)) throw new Error(`a column of ${length} rows`);
  }
  const buffers = batch.vector(BATCH.buffers, NODE_BYTES);
  for (let at = 0; at < buffers.length; at++) {
    const offset = Number(batch.view.getBigInt64(buffers.start + NODE_BYTES * at, true));
    const length = Number(batch.view.getBigInt64(buffers.start + NODE_BYTES * at + 8, true));
    if (!(offset >= 0 && length >= 0 && offset + length <= bodyBytes)) throw new Error('a buffer that lies outside its message');
  }
}

/** A table of a flatbuffer; every read is checked by the view. */
class FlatTable {
  readonly view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.#at = at;
  }

  /** Where a field stands; 0 when the table does not have it. */
  slot(field: number): number {
    const fields = this.#at - this.view.getInt32(this.#at, true);
    if (4 + 2 * field + 2 > this.view.getUint16(fields, true)) return 0;
    const offset = this.view.getUint16(fields + 4 + 2 * field, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  int64(field: number): number {
    const slot = this.slot(field);
    return slot === 0 ? 0 : Number(this.view.getBigInt64(slot, true));
  }

  table(field: number): FlatTable | undefined {
    const slot = this.slot(field);
    return slot === 0 ? undefined : new FlatTable(this.view, slot + this.view.getUint32(slot, true));
  }

  /** The elements of a list. @throws an error when they are more than there are bytes */
  vector(field: number, elementBytes: number): { start: number; length: number } {
    const slot = this.slot(field);
    if (slot === 0) return { start: 0, length: 0 };
    const at = slot + this.view.getUint32(slot, true);
    const length = this.view.getUint32(at, true);
    if (at + 4 + length * elementBytes > this.view.byteLength) throw new Error('a list that is longer than its bytes');
    return { start: at + 4, length };
  }
}
