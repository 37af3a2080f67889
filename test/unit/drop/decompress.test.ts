import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
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
