import type { FeedMapping } from '../../config/mapping.ts';
import { decompress } from '../decompress.ts';
import { requireFormat } from '../file-format.ts';
import type { DropSource } from '../open-records.ts';
import { RecordScanner } from '../record-scanner.ts';

/** The header of a delimited text as it came, without its line end; '' for a file that has none. */
export async function headerText(source: DropSource, { delimiter, header }: FeedMapping): Promise<string> {
  const { kind, compression } = requireFormat(source.name);
  if (!header || kind !== 'csv') return '';
  const scanner = new RecordScanner({ delimiter });
  for await (const _ of scanner.fill(decompress(source.name, compression, source.stream()))) {
    if (scanner.next()) return scanner.raw().toString('utf8');
  }
  return '';
}
