/** Columns of a line, the widest that every terminal shows whole. */
const WIDTH = 100;

/** How labelled text is laid out. */
export interface LabelLayout {
  /** Columns before the text, the label and two blanks at the margin among them. */
  readonly indent: number;
  /** What is done to each line of the text, for example dimming; it must not take columns. */
  readonly style?: (line: string) => string;
}

/** A label and its text beside it, broken where a line would be too wide; a Chinese character takes two columns. Ends with a line end. */
export function labelledLines(label: string, text: string, { indent, style = (line) => line }: LabelLayout): string {
  const margin = (of: string) => `  ${of}${' '.repeat(Math.max(of === '' ? 0 : 1, indent - 2 - textWidth(of)))}`;
  return broken(text, WIDTH - indent)
    .map((line, i) => `${margin(i === 0 ? label : '')}${style(line)}\n`)
    .join('');
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

const textWidth = (text: string): number => Array.from(text).reduce((sum, one) => sum + (WIDE.test(one) ? 2 : 1), 0);

/** What is not broken: a word, or a Chinese character, with the marks behind it; and blanks. */
const PIECES = /[\u2e80-\ua4cf\uff00-\uffe6][，。；：、）」]*|[^\s\u2e80-\ua4cf\uff00-\uffe6]+[，。；：、）」]*|\s+/g;

function broken(text: string, width: number): string[] {
  const lines = [''];
  for (const piece of text.match(PIECES) ?? []) {
    const line = lines.at(-1) as string;
    if (line === '' || textWidth(line) + textWidth(piece) <= width) lines[lines.length - 1] = line + piece;
    else lines.push(piece.trimStart());
  }
  return lines.map((line) => line.trimEnd());
}
