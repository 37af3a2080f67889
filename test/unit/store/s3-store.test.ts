import { CompleteMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openObjectStore } from '../../../lib/store/objects.ts';
import { fakeS3 } from '../../support/fake-s3.ts';
import { describeObjectStore, LIGHT } from './object-store-contract.ts';

let s3: ReturnType<typeof fakeS3>;
beforeEach(() => {
  s3 = fakeS3();
});
afterEach(() => s3.mock.restore());

let count = 0;
describeObjectStore('s3://', LIGHT, async () => `s3://bucket-${count++}`);

const bytes = new TextEncoder().encode('content');

describe('s3 store', () => {
  it('creates with If-None-Match and the SHA-256 in the metadata, below its prefix alone', async () => {
    const store = openObjectStore('s3://bucket/some/prefix');
    await store.create('a/b', bytes);
    expect(s3.mock.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'bucket',
      Key: 'some/prefix/a/b',
      IfNoneMatch: '*',
      Metadata: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    await openObjectStore('s3://bucket').create('some/prefix-2/a/b', bytes);
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['a/b']);
    expect(Buffer.from(await store.read('a/b'))).toEqual(Buffer.from(bytes));
  });

  it('does not take the folder markers of a console for objects', async () => {
    const marker = { body: Buffer.alloc(0), etag: '"e"', metadata: undefined };
    s3.objects.set('bucket/drops/', marker).set('bucket/drops/a', marker);
    const keys: string[] = [];
    for await (const { key } of openObjectStore('s3://bucket').list('drops')) keys.push(key);
    expect(keys).toEqual(['drops/a']);
  });

  it('compares by content what somebody else wrote without a hash', async () => {
    const store = openObjectStore('s3://bucket');
    s3.objects.set('bucket/k', { body: Buffer.from(bytes), etag: '"e"', metadata: undefined });
    expect(await store.create('k', bytes)).toBe('same');
  });

  it('uploads more than 16 MB in parts with one checksum of the whole, and only where the key is free', async () => {
    const store = openObjectStore('s3://bucket');
    await store.create('k', [new Uint8Array(10_000_000), new Uint8Array(10_000_000)]);
    expect(s3.mock.commandCalls(PutObjectCommand)).toHaveLength(0);
    expect(s3.mock.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input.IfNoneMatch).toBe('*');
    expect(s3.objects.get('bucket/k')?.crc32).not.toContain('-');
    expect(await store.create('k', new Uint8Array(20_000_000))).toBe('same');
    expect(s3.mock.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(1);
  });
});
