import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, InvariantBrokenError, RunSupersededError, TransientDependencyError } from '../../../lib/errors.ts';
import { type ObjectStore, openObjectStore } from '../../../lib/store/objects.ts';
import { fakeS3, lostAnswer, s3Error } from '../../support/fake-s3.ts';

/** What a healthy server never shows. The client's own retries are bypassed here: see s3-connection.test.ts. */
let s3: ReturnType<typeof fakeS3>;
let store: ObjectStore;
beforeEach(() => {
  s3 = fakeS3();
  store = openObjectStore('s3://bucket');
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  s3.mock.restore();
  vi.restoreAllMocks();
});

const bytes = Buffer.from('0123456789');
const large = new Uint8Array(17_000_000);

const fails = (name: string, status: number) => () => {
  throw s3Error(name, status);
};
const reset = () => {
  throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
};
const conflict = fails('ConditionalRequestConflict', 409);
const answer = (pieces: readonly Buffer[], more: object = {}) => ({ Body: Readable.from(pieces), ContentLength: 10, ...more });

async function* chunksOf(...chunks: Uint8Array[]) {
  yield* chunks;
}

describe('writes to a faulty S3', () => {
  it.each([
    ['503 SlowDown', fails('SlowDown', 503)],
    ['500', fails('InternalError', 500)],
    ['a reset connection', reset],
  ])('tell what %s left after the retries of the client as a passing fault, with its cause', async (_, fault) => {
    s3.inject('PutObject', fault);
    const failure: unknown = await store.create('a/b', bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientDependencyError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^Object s3:\/\/bucket\/a\/b: PutObject failed with \w+( \(HTTP 50\d\))?, expected success/),
      cause: expect.any(Error),
    });
    expect(await store.create('a/b', bytes)).toBe('created');
  });

  it('are done again after a 409, five times at most', async () => {
    s3.inject('PutObject', conflict, conflict);
    expect(await store.create('k', bytes)).toBe('created');
    s3.inject('PutObject', conflict);
    const etag = await store.replace('k', large.subarray(0, 5), (await store.stat('k'))?.etag ?? '');
    expect((await store.stat('k'))?.etag).toBe(etag);
    s3.inject('PutObject', ...Array(5).fill(conflict));
    await expect(store.create('other', bytes)).rejects.toThrow(TransientDependencyError);
    expect(s3.mock.commandCalls(PutObjectCommand)).toHaveLength(3 + 2 + 5);
  });

  it('are uploaded from the first part again after a 409 at the end of an upload', async () => {
    s3.inject('CompleteMultipartUpload', conflict);
    expect(await store.create('k', large)).toBe('created');
    expect(s3.mock.commandCalls(CreateMultipartUploadCommand)).toHaveLength(2);
    expect(s3.uploads.size).toBe(0);
    expect((await store.stat('k'))?.size).toBe(large.length);
  });

  it('leave no parts behind when one of them fails', async () => {
    s3.inject('UploadPart', fails('SlowDown', 503));
    await expect(store.create('k', large)).rejects.toThrow(TransientDependencyError);
    expect(s3.mock.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    expect(s3.uploads.size).toBe(0);
    expect(await store.stat('k')).toBeUndefined();
  });

  it('leave an object as it was, and close their source, when a part of a rewriting fails', async () => {
    await store.create('k', bytes);
    const before = await store.stat('k');
    let isClosed = false;
    const endless = async function* () {
      try {
        for (;;) yield large;
      } finally {
        isClosed = true;
      }
    };
    s3.inject('UploadPart', fails('SlowDown', 503));
    await expect(store.rewrite('k', endless(), before?.etag ?? '')).rejects.toThrow(TransientDependencyError);
    expect(isClosed).toBe(true);
    expect(await store.stat('k')).toEqual(before);
    expect(s3.uploads.size).toBe(0);
  });

  it('know their own content when the first answer was lost', async () => {
    s3.inject('PutObject', lostAnswer);
    expect(await store.create('small', bytes)).toBe('same');
    s3.inject('CompleteMultipartUpload', lostAnswer);
    expect(await store.create('large', large)).toBe('same');
    expect((await store.stat('large'))?.size).toBe(large.length);
  });

  it('know their own version when the first answer was lost', async () => {
    s3.inject('PutObject', lostAnswer);
    const first = await store.replace('k', bytes, null);
    expect(await store.stat('k')).toMatchObject({ etag: first });
    s3.inject('PutObject', lostAnswer);
    const second = await store.replace('k', bytes.subarray(1), first);
    expect(await store.stat('k')).toEqual({ key: 'k', size: 9, etag: second });
    s3.inject('CompleteMultipartUpload', lostAnswer);
    const third = await store.rewrite('k', chunksOf(large), second);
    expect(await store.stat('k')).toEqual({ key: 'k', size: large.length, etag: third });
  });

  it('do not take the equal content of another writer for their own version', async () => {
    s3.inject('PutObject', (run) => {
      s3.objects.set('bucket/k', { body: bytes, etag: '"other"', metadata: { write: 'another', sha256: 'equal' } });
      return run();
    });
    await expect(store.replace('k', bytes, null)).rejects.toThrow(RunSupersededError);
  });

  it('fail when the key is taken by other content at that moment', async () => {
    s3.inject('PutObject', (run) => {
      s3.objects.set('bucket/k', { body: Buffer.from('9876543210'), etag: '"e"', metadata: undefined });
      return run();
    });
    await expect(store.create('k', bytes)).rejects.toThrow(InvariantBrokenError);
  });
});

describe('reads from a faulty S3', () => {
  it('resume a body that breaks off or is too short, at the version that they began with', async () => {
    async function* broken() {
      yield bytes.subarray(0, 4);
      throw new Error('socket hang up');
    }
    await store.create('k', bytes);
    s3.inject(
      'GetObject',
      () => ({ Body: Readable.from(broken()), ContentLength: 10, ETag: '"e"' }),
      () => ({ Body: Readable.from([bytes.subarray(4, 7)]), ContentLength: 6 }),
      () => ({ Body: Readable.from([bytes.subarray(7)]), ContentLength: 3 }),
    );
    expect(Buffer.from(await store.read('k'))).toEqual(bytes);
    const inputs = s3.mock.commandCalls(GetObjectCommand).map((call) => call.args[0].input);
    expect(inputs[0]).toMatchObject({ ChecksumMode: 'ENABLED' });
    expect(inputs.slice(1)).toMatchObject([
      { Range: 'bytes=4-', IfMatch: '"e"' },
      { Range: 'bytes=7-', IfMatch: '"e"' },
    ]);
  });

  it('give up when a body breaks off five times, in ranges too', async () => {
    await store.create('k', bytes);
    s3.inject('GetObject', ...Array(5).fill(() => answer([])));
    await expect(store.read('k')).rejects.toThrow(
      'Object s3://bucket/k: broke off after 0 bytes, expected 10. Run the step again.',
    );
    s3.inject('GetObject', ...Array(5).fill(() => ({ Body: Readable.from([]), ContentLength: 4 })));
    await expect(store.readRange('k', 2, 6)).rejects.toThrow(TransientDependencyError);
    expect(s3.mock.commandCalls(GetObjectCommand)).toHaveLength(10);
    expect(s3.mock.commandCalls(GetObjectCommand)[9]?.args[0].input).toMatchObject({ Range: 'bytes=2-5' });
  });

  it('refuse bytes that do not have the checksum of the object, also of a body that was resumed', async () => {
    await store.create('k', bytes);
    const crc = s3.objects.get('bucket/k')?.crc32;
    const other = Buffer.from('0123456780');
    s3.inject('GetObject', () => answer([other], { ChecksumCRC32: crc }));
    await expect(store.get('k')).rejects.toThrow('Object s3://bucket/k: its bytes do not have its checksum');
    s3.inject(
      'GetObject',
      () => answer([other.subarray(0, 5)], { ChecksumCRC32: crc }),
      () => answer([other.subarray(5)]),
    );
    await expect(store.read('k')).rejects.toThrow(TransientDependencyError);
    s3.inject(
      'GetObject',
      () => answer([bytes.subarray(0, 5)], { ChecksumCRC32: crc }),
      () => answer([bytes.subarray(5)]),
    );
    expect(Buffer.from(await store.read('k'))).toEqual(bytes);
  });

  it('refuse more bytes than the object has', async () => {
    await store.create('k', bytes);
    s3.inject(
      'GetObject',
      () => answer([bytes.subarray(0, 4)]),
      () => answer([bytes]),
    );
    await expect(store.read('k')).rejects.toThrow('Object s3://bucket/k: more than its 10 bytes came');
  });

  it('do not mix two versions of an object', async () => {
    s3.inject('GetObject', () => answer([bytes.subarray(0, 4)], { ETag: '"old"' }));
    s3.objects.set('bucket/k', { body: bytes, etag: '"new"', metadata: undefined });
    await expect(store.read('k')).rejects.toThrow('Object s3://bucket/k: changed while it was read or written');
  });

  it.each([
    ['AccessDenied', 403],
    ['403', 403],
    ['ExpiredToken', 400],
    ['KMS.DisabledException', 400],
    ['NoSuchBucket', 404],
  ])('ask the operator on %s', async (name, status) => {
    s3.mock.on(HeadObjectCommand).rejects(s3Error(name, status));
    const failure = store.stat('k');
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(
      `Object s3://bucket/k: HeadObject failed with ${name} (HTTP ${status}), expected success. ` +
        'Check that it exists and that the role or the credentials allow it.',
    );
  });
});
