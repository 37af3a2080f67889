import { FEED_COLUMNS } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';
import { type ColumnLayout, isFlag, resolveColumns } from './column-layout.ts';
import type { RecordsOptions } from './open-records.ts';

/** The columns of a binary file that are read, and where they stand in its records. */
export interface TableLayout {
  readonly layout: ColumnLayout;
  /** Places in the file's own list of columns, one per field of a record. */
  readonly picked: readonly number[];
  /** The feed's columns that the file has. */
  readonly columns: string[];
  /** Whether a picked column may be one of true and false. */
  readonly flags: readonly boolean[];
}

/**
 * Picks the columns of a binary file that the feed has; the others are not read.
 *
 * @param names names of the file's columns @throws InvalidDropError when a required column is missing, or one is there twice
 */
export function pickColumns(names: readonly string[], { feed, mapping }: RecordsOptions, file: string): TableLayout {
  // Positions are those of a delimited text without header; here every column has a name.
  const columns = Object.fromEntries(Object.entries(mapping.columns).filter(([, source]) => typeof source === 'string'));
  const { positions } = resolveColumns(names, { feed, mapping: { ...mapping, columns }, file });
  const picked = [...new Set(positions)].filter((position) => position >= 0).sort((a, b) => a - b);
  const fields = positions.map((position) => picked.indexOf(position));
  return {
    flags: picked.map((position) => FEED_COLUMNS[feed].columns.some((name, at) => positions[at] === position && isFlag(name))),
    layout: { positions: fields, least: picked.length, most: picked.length },
    picked,
    columns: FEED_COLUMNS[feed].columns.filter((_, at) => (positions[at] as number) >= 0),
  };
}

/** The error of a column whose type has no text. */
export function unsupportedType(file: string, column: string, type: string): InvalidDropError {
  return new InvalidDropError(
    `File ${file}: column ${JSON.stringify(column)} is of type ${type}, expected text, a number, a decimal, a date or a timestamp. Deliver the column in one of these types.`,
  );
}

/** The error of a file that is not what its name says, or breaks off. */
export function corruptFile(file: string, form: string, cause: unknown): InvalidDropError {
  const said = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  return new InvalidDropError(
    `File ${file}: cannot be read as ${form} (${said?.slice(0, 200)}), expected a complete file. Deliver the file again.`,
    {
      cause,
    },
  );
}
