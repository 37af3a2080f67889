import { Readable } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import { FEED_COLUMNS, type FeedMapping } from '../../config/mapping.ts';
import { resolveColumns } from '../../drop/column-layout.ts';
import { decompress } from '../../drop/decompress.ts';
import type { FileFormat } from '../../drop/file-format.ts';
import { keepArrow } from '../../drop/kept-arrow.ts';
import { keepParquet } from '../../drop/kept-parquet.ts';
import { csvRanges } from '../../drop/kept-records.ts';
import { bytesOf } from './change.ts';
import type { DropFile, DropVerdict } from './drop-rows.ts';

/** The bytes of a drop file without the records that go, in its own form. Bounded memory for delimited texts and lines. */
export async function* keptDrop(file: DropFile, verdict: DropVerdict): AsyncGenerator<Uint8Array> {
  const { key, format, store } = file;
  if (format.kind === 'parquet') {
    yield await keepParquet(await store.read(key), verdict, referrerColumn(verdict.mapping));
    return;
  }
  const plain = decompress(key, format.compression, store.stream(key));
  yield* compress(format.compression, keptPlain(file, verdict, plain));
}

async function* keptPlain(file: DropFile, verdict: DropVerdict, plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { kind } = file.format;
  if (kind === 'csv') yield* keptRecords(file, verdict, plain);
  else if (kind === 'jsonl') yield* keptLines(verdict, plain);
  else yield keepArrow(await bytesOf(plain), verdict, referrerColumn(verdict.mapping));
}

async function* compress(compression: FileFormat['compression'], chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (compression === 'none') yield* chunks;
  else {
    const transform = compression === 'gzip' ? createGzip() : createZstdCompress();
    for await (const chunk of Readable.from(chunks, { objectMode: true }).compose(transform)) yield chunk as Uint8Array;
  }
}

function keptRecords(
  { feed, key }: DropFile,
  { dropped, blanked, mapping }: DropVerdict,
  plain: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const columns: readonly string[] = FEED_COLUMNS[feed].columns;
  let referrer = mapping.header ? -1 : referrerAt(undefined);
  function referrerAt(header: readonly string[] | undefined): number {
    return resolveColumns(header, { feed, mapping, file: key }).positions[columns.indexOf('referrer_id')] ?? -1;
  }
  let number = mapping.header ? -1 : 0;
  return csvRanges(plain, mapping.delimiter, (record) => {
    const at = number++;
    if (at < 0) {
      const header = Array.from({ length: record.fieldCount }, (_, field) => record.field(field));
      if (blanked.size > 0) referrer = referrerAt(header);
      return 'keep';
    }
    if (dropped.has(at)) return 'drop';
    return blanked.has(at) && referrer >= 0 ? { blank: [referrer] } : 'keep';
  });
}

const LF = 10;

/** Lines that stay, each with its line end. */
async function* keptLines({ dropped, blanked, lines, mapping }: DropVerdict, plain: AsyncIterable<Uint8Array>) {
  const pick = (numbers: ReadonlySet<number>) => new Set([...numbers].map((number) => lines.get(number)));
  const [gone, emptied] = [pick(dropped), pick(blanked)];
  const name = referrerColumn(mapping);
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  const keep = (bytes: Buffer): Buffer | undefined => {
    const at = line++;
    if (gone.has(at)) return undefined;
    return emptied.has(at) ? Buffer.from(withoutValue(bytes.toString('utf8'), name)) : bytes;
  };
  for await (const chunk of plain) {
    const text: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
    const kept: Buffer[] = [];
    let from = 0;
    for (let end = text.indexOf(LF); end >= 0; end = text.indexOf(LF, from)) {
      const bytes = keep(text.subarray(from, end + 1));
      if (bytes) kept.push(bytes);
      from = end + 1;
    }
    rest = text.subarray(from);
    if (kept.length > 0) yield Buffer.concat(kept);
  }
  const last = rest.length > 0 ? keep(rest) : undefined;
  if (last) yield last;
}

/** A JSON object whose value of a name is null; every other byte stays. */
function withoutValue(line: string, name: string): string {
  const key = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return line.replace(new RegExp(`(${key}\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|-?[\\d.eE+-]+)`), '$1null');
}

function referrerColumn(mapping: FeedMapping): string {
  const source = mapping.columns['referrer_id'];
  return typeof source === 'string' ? source : 'referrer_id';
}
