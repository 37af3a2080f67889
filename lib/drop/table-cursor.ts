import type { CellTexts } from './cell-text.ts';
import type { RecordCursor } from './record-cursor.ts';
import type { ScanIssue } from './row-rules.ts';

/** One column of the rows that a cursor stands in. */
export interface TextRanges {
  /** Range of each row's text in the cursor's buffer; an empty one is null. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Walks over rows of a binary format, whose cells have been made texts column by column. */
export class TableCursor implements RecordCursor {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly fieldCount: number;
  line = 0;
  readonly issue: ScanIssue | undefined = undefined;
  readonly issueDetail = '';
  /** Texts are not looked through: each may have one. */
  readonly mayHaveControl = true;
  readonly truncated = false;

  readonly #texts: CellTexts;
  readonly #names: readonly string[];
  #columns: readonly TextRanges[] = [];
  #rows = 0;
  #row = 0;

  /** @param names names of the columns in the file */
  constructor(texts: CellTexts, names: readonly string[]) {
    this.#texts = texts;
    this.#names = names;
    this.fieldCount = names.length;
    this.starts = new Int32Array(names.length);
    this.ends = new Int32Array(names.length);
  }

  get buffer(): Buffer {
    return this.#texts.buffer;
  }

  /** Gives the cursor its next rows; the last must be used up. */
  load(columns: readonly TextRanges[], rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#row = 0;
  }

  next(): boolean {
    const row = this.#row;
    if (row >= this.#rows) return false;
    this.#row++;
    this.line++;
    for (let field = 0; field < this.fieldCount; field++) {
      const { starts, ends } = this.#columns[field] as TextRanges;
      this.starts[field] = starts[row] as number;
      this.ends[field] = ends[row] as number;
    }
    return true;
  }

  /** The row as a JSON object of texts, by the names of the file. */
  raw(): Buffer {
    const cell = (field: number) => {
      const text = this.buffer.toString('utf8', this.starts[field], this.ends[field]);
      return text === '' ? null : text;
    };
    return Buffer.from(JSON.stringify(Object.fromEntries(this.#names.map((name, field) => [name, cell(field)]))));
  }
}
