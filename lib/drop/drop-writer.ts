import { TRANSACTION_COLUMNS, type TransactionColumn, type TransactionsMapping } from '../config/mapping.ts';
import { ConfigError } from '../errors.ts';

const QUOTE = 34;
const FIRST_BYTES = 4096;

/** Bytes that grow at the end. */
export class GrowingBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
  length = 0;

  /** Appends bytes `[start, end)` of a buffer. */
  append(buffer: Uint8Array, start = 0, end = buffer.length): void {
    const length = this.length + end - start;
    if (length > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      wider.set(this.#bytes.subarray(0, this.length));
      this.#bytes = wider;
    }
    for (let at = start, to = this.length; at < end; at++, to++) this.#bytes[to] = buffer[at] as number;
    this.length = length;
  }

  /** A view of what was appended. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Writes rows of transactions as a mapping reads them. */
export interface DropFormat {
  /** The header line. */
  readonly header: Uint8Array;
  /** Our columns in the order in which they are written. */
  readonly columns: readonly TransactionColumn[];
  /** Appends one value, quoted when it must be. */
  appendValue(to: GrowingBytes, buffer: Uint8Array, start: number, end: number): void;
  /** Byte between two values. */
  readonly delimiter: Uint8Array;
}

/**
 * The format in which dated drops are written, so that a run with this mapping reads them.
 *
 * @param mapping the mapping of the configuration that will read the drops
 * @param columns our columns that occur
 * @throws ConfigError when the mapping cannot read a file with a header, a delimiter and ISO dates
 */
export function planDropFormat(mapping: TransactionsMapping, columns: ReadonlySet<TransactionColumn>): DropFormat {
  const refuse = (observed: string, expected: string): never => {
    throw new ConfigError(
      `Configuration mapping.transactions: ${observed}, expected ${expected} to read the drops that import writes. ` +
        'Correct the configuration, and give the format of the history by --mapping.',
    );
  };
  if (!mapping.header) refuse('"header" is false', 'true');
  if (mapping.delimiter === 'whitespace') refuse('"delimiter" is whitespace', 'a delimiter that can be quoted');
  if (!mapping.dateFormats.includes('iso')) refuse(`"dateFormats" is ${mapping.dateFormats.join(', ')}`, 'iso among them');
  const present = TRANSACTION_COLUMNS.filter((name) => columns.has(name));
  const delimiter = mapping.delimiter.charCodeAt(0);
  const names = present.map((name) => {
    const source = mapping.columns[name] ?? name;
    if (typeof source === 'number') return refuse(`"columns.${name}" is the position ${source}`, 'a name');
    return source;
  });
  const appendValue = (to: GrowingBytes, buffer: Uint8Array, start: number, end: number): void => {
    let plain = true;
    for (let at = start; at < end && plain; at++) {
      const byte = buffer[at] as number;
      plain = byte !== delimiter && byte !== QUOTE && byte !== 10 && byte !== 13;
    }
    if (plain) to.append(buffer, start, end);
    else to.append(Buffer.from(`"${Buffer.from(buffer.subarray(start, end)).toString('utf8').replaceAll('"', '""')}"`));
  };
  const header = new GrowingBytes();
  names.forEach((name, at) => {
    if (at > 0) header.append(Uint8Array.of(delimiter));
    const bytes = Buffer.from(name);
    appendValue(header, bytes, 0, bytes.length);
  });
  header.append(Uint8Array.of(10));
  return { header: header.view(), columns: present, appendValue, delimiter: Uint8Array.of(delimiter) };
}
