import Table from 'cli-table3';
import { colours } from './colours.ts';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** A number with thousands separators. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** A share, 0..1, as percent. */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;

/** A column of a table for people. */
export interface TableColumn {
  readonly name: string;
  readonly align?: 'left' | 'right';
}

/** Lines that align, Chinese included: a dim header, two blanks between columns, no frame. Ends with a line end. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    head: columns.map(({ name }) => colours.dim(name)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}
