import { Readable } from 'node:stream';
import { CompleteMultipartUploadCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, TransientDependencyError } from '../../../lib/errors.ts';
import { openObjectStore } from '../../../lib/store/objects.ts';
import { fakeS3, s3Error } from '../../support/fake-s3.ts';
import { describeObjectStore } from './object-store-contract.ts';

let s3: ReturnType<typeof fakeS3>;
beforeEach(() => {
  s3 = fakeS3();
});
afterEach(() => s3.mock.restore());

let count = 0;
describeObjectStore('s3://', async () => `s3://bucket-${count++}`);
describeObjectStore('s3:// with a prefix', async () => `s3://bucket/some/prefix-${count++}`);

const bytes = new TextEncoder().encode('content');

describe('s3 store', () => {
  it('creates with If-None-Match and the SHA-256 in the metadata', async () => {
    await openObjectStore('s3://bucket/p').create('a/b', bytes);
    expect(s3.mock.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'bucket',
      Key: 'p/a/b',
      IfNoneMatch: '*',
      Metadata: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('takes its own retried write, whose first answer was lost, for the same', async () => {
    const store = openObjectStore('s3://bucket');
    await store.create('k', bytes);
    expect(await store.create('k', bytes)).toBe('same');
  });

  it('compares by content what somebody else wrote without a hash', async () => {
    const store = openObjectStore('s3://bucket');
    s3.objects.set('bucket/k', { body: Buffer.from(bytes), etag: '"e"', metadata: undefined });
    expect(await store.create('k', bytes)).toBe('same');
  });

  it('uploads more than 16 MB in parts, and only where the key is free', async () => {
    const store = openObjectStore('s3://bucket');
    await store.create('k', [new Uint8Array(10_000_000), new Uint8Array(10_000_000)]);
    expect(s3.mock.commandCalls(PutObjectCommand)).toHaveLength(0);
    expect(s3.mock.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input.IfNoneMatch).toBe('*');
    expect(await store.create('k', new Uint8Array(20_000_000))).toBe('same');
    expect(s3.mock.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(1);
  });

  it('tries a few times when another write is under way', async () => {
    s3.mock.on(PutObjectCommand).rejectsOnce(s3Error('ConditionalRequestConflict', 409)).resolves({ ETag: '"e"' });
    expect(await openObjectStore('s3://bucket').create('k', bytes)).toBe('created');
    s3.mock.on(PutObjectCommand).rejects(s3Error('ConditionalRequestConflict', 409));
    await expect(openObjectStore('s3://bucket').create('k', bytes)).rejects.toThrow(TransientDependencyError);
  });

  it('resumes a download that breaks off', async () => {
    const body = Buffer.from('0123456789');
    async function* broken() {
      yield body.subarray(0, 4);
      throw new Error('socket hang up');
    }
    s3.mock
      .on(GetObjectCommand)
      .resolvesOnce({ Body: Readable.from(broken()) as never, ContentLength: 10, ETag: '"e"' })
      .resolvesOnce({ Body: Readable.from([body.subarray(4, 7)]) as never, ContentLength: 6, ETag: '"e"' })
      .resolves({ Body: Readable.from([body.subarray(7)]) as never, ContentLength: 3, ETag: '"e"' });
    expect(Buffer.from(await openObjectStore('s3://bucket').read('k')).toString()).toBe('0123456789');
    const inputs = s3.mock.commandCalls(GetObjectCommand).map((call) => call.args[0].input);
    expect(inputs.slice(1)).toMatchObject([
      { Range: 'bytes=4-', IfMatch: '"e"' },
      { Range: 'bytes=7-', IfMatch: '"e"' },
    ]);
  });

  it('keeps the cause of a failure and names the object', async () => {
    const cause = s3Error('SlowDown', 503);
    s3.mock.on(HeadObjectCommand).rejects(cause);
    const failure = await openObjectStore('s3://bucket')
      .stat('a/b')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientDependencyError);
    expect(failure).toMatchObject({
      cause,
      message: expect.stringContaining('s3://bucket/a/b: HeadObject failed with SlowDown'),
    });
  });

  it.each([
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
  ])('asks the operator on %s', async (name, status) => {
    s3.mock.on(GetObjectCommand).rejects(s3Error(name, status));
    await expect(openObjectStore('s3://bucket').get('k')).rejects.toThrow(ConfigError);
  });
});
