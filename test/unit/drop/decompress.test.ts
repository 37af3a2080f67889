import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDropChunks } from '../../../lib/drop/decompress.ts';
import { InvalidDropError, TransientDependencyError } from '../../../lib/errors.ts';
import { chunksOf } from '../../support/drop-reading.ts';

const content = randomBytes(300_000);

async function concatAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function readAll(name: string, bytes: Uint8Array, cuts: number): Promise<Buffer> {
  return concatAll(openDropChunks(name, chunksOf(bytes, cuts)));
}

describe('openDropChunks', () => {
  it('hands out a plain file as it is', async () => {
    expect(await readAll('a.csv', content, 1000)).toEqual(content);
  });

  it('decompresses gzip, also of several members', async () => {
    expect(await readAll('a.csv.gz', gzipSync(content), 1000)).toEqual(content);
    const members = Buffer.concat([gzipSync(content.subarray(0, 1000)), gzipSync(content.subarray(1000))]);
    expect(await readAll('A.CSV.GZ', members, 777)).toEqual(content);
    expect(await readAll('empty.csv.gz', gzipSync(''), 7)).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['cut short', gzipSync(content).subarray(0, 200_000), 'gzip ends early, after 200000 bytes'],
    ['empty', Buffer.alloc(0), 'gzip ends early, after 0 bytes'],
    ['no gzip', content, 'gzip is corrupt (incorrect header check)'],
    ['damaged', Buffer.from(gzipSync(content)).fill(0, 100_000, 100_200), 'gzip is corrupt'],
  ])('throws for a file that is %s', async (_, bytes, message) => {
    const failure = await readAll('orders.csv.gz', bytes, 50_000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(`File orders.csv.gz: ${message}`);
    expect((failure as Error).message).toContain('Deliver the file again.');
  });

  it('decompresses zstd, also of several frames with what may be skipped between them', async () => {
    expect(await readAll('a.csv.zst', zstdCompressSync(content), 1000)).toEqual(content);
    const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_contentSizeFlag]: 0 } };
    const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);
    const parts = [content.subarray(0, 70_000), Buffer.alloc(400_000, 'x'), Buffer.alloc(0), content.subarray(70_000)];
    const frames = parts.map((part, at) => zstdCompressSync(part, at % 2 === 0 ? checked : {}));
    const file = Buffer.concat([skippable, ...frames.flatMap((frame) => [frame, skippable])]);
    for (const cuts of [509, 50_000, 1_000_000]) expect(await readAll('a.csv.zst', file, cuts)).toEqual(Buffer.concat(parts));
  });

  it.each([
    ['cut short', zstdCompressSync(content).subarray(0, 200_000), 'zstd ends early, after 200000 bytes'],
    [
      'cut in its second frame',
      Buffer.concat([zstdCompressSync(content), zstdCompressSync('x').subarray(0, 9)]),
      'zstd ends early',
    ],
    ['empty', Buffer.alloc(0), 'zstd ends early, after 0 bytes'],
    ['no zstd', content, 'zstd is corrupt (no zstd frame)'],
    ['followed by something else', Buffer.concat([zstdCompressSync(content), Buffer.from('hello')]), 'zstd is corrupt'],
  ])('throws for a zstd that is %s', async (_, bytes, message) => {
    const failure = await readAll('orders.csv.zst', bytes, 50_000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(`File orders.csv.zst: ${message}`);
  });

  it('refuses a gzip with something behind its end', async () => {
    const bytes = Buffer.concat([gzipSync(content), Buffer.from('hello')]);
    for (const cuts of [bytes.length, bytes.length - 5]) {
      await expect(readAll('a.csv.gz', bytes, cuts)).rejects.toThrow('gzip is corrupt (incorrect header check)');
    }
  });

  it('refuses a zstd that expands beyond all measure', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(2 ** 26));
    const file = Buffer.concat(Array.from({ length: 5 }, () => bomb));
    let bytes = 0;
    const read = async () => {
      for await (const chunk of openDropChunks('a.csv.zst', chunksOf(file, 1000))) bytes += chunk.length;
    };
    await expect(read()).rejects.toThrow('expected at most 1100 times as many');
    expect(bytes).toBeLessThan(2 ** 28 + 2 ** 19);
  });

  it('passes errors of the source on as they are', async () => {
    const broken = async function* () {
      yield gzipSync(content).subarray(0, 1000);
      throw new TransientDependencyError('socket');
    };
    await expect(concatAll(openDropChunks('a.csv.gz', broken()))).rejects.toThrow(TransientDependencyError);
  });

  it('can be left early', async () => {
    for await (const chunk of openDropChunks('a.csv.gz', chunksOf(gzipSync(content), 1000))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('refuses other endings', () => {
    expect(() => openDropChunks('a.parquet', chunksOf(''))).toThrow('File a.parquet: unknown ending');
  });
});
