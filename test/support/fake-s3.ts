import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';

interface Stored {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Record<string, string> | undefined;
}

interface Guarded {
  Bucket: string | undefined;
  Key: string | undefined;
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
}

/** An SDK error as S3 answers it. */
export function s3Error(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, message: name, $fault: 'client', $metadata: { httpStatusCode } });
}

/** Objects and conditions of S3 in memory, behind the real client's `send`; pages of 100 keys. */
export function fakeS3() {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, { parts: Map<number, Buffer>; metadata: Record<string, string> | undefined }>();
  const mock = mockClient(S3Client);
  const idOf = ({ Bucket, Key }: { Bucket: string | undefined; Key: string | undefined }) => `${Bucket}/${Key}`;
  const find = (input: { Bucket: string | undefined; Key: string | undefined }, name: string) => {
    const stored = objects.get(idOf(input));
    if (!stored) throw s3Error(name, 404);
    return stored;
  };
  const store = (input: Guarded, body: Buffer, metadata: Record<string, string> | undefined) => {
    const present = objects.get(idOf(input));
    if (input.IfNoneMatch === '*' && present) throw s3Error('PreconditionFailed', 412);
    if (input.IfMatch !== undefined) {
      if (!present) throw s3Error('NoSuchKey', 404);
      if (present.etag !== input.IfMatch) throw s3Error('PreconditionFailed', 412);
    }
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    objects.set(idOf(input), { body, etag, metadata });
    return { ETag: etag };
  };
  mock.on(PutObjectCommand).callsFake(async (input) => store(input, Buffer.from(input.Body), input.Metadata));
  mock.on(HeadObjectCommand).callsFake(async (input) => {
    const { body, etag, metadata } = find(input, 'NotFound');
    return { ContentLength: body.byteLength, ETag: etag, Metadata: metadata };
  });
  mock.on(GetObjectCommand).callsFake(async (input) => {
    const { body, etag } = find(input, 'NoSuchKey');
    if (input.IfMatch !== undefined && input.IfMatch !== etag) throw s3Error('PreconditionFailed', 412);
    const [, from = 0, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(input.Range ?? '') ?? [];
    if (input.Range !== undefined && Number(from) >= body.byteLength) throw s3Error('InvalidRange', 416);
    const rest = body.subarray(Number(from), last === '' ? body.byteLength : Number(last) + 1);
    const pieces = Array.from({ length: Math.ceil(rest.byteLength / 60_000) }, (_, i) =>
      rest.subarray(i * 60_000, (i + 1) * 60_000),
    );
    return { Body: Readable.from(pieces), ContentLength: rest.byteLength, ETag: etag };
  });
  mock.on(DeleteObjectCommand).callsFake(async (input) => {
    objects.delete(idOf(input));
    return {};
  });
  mock.on(ListObjectsV2Command).callsFake(async (input) => {
    const start = Number(input.ContinuationToken ?? 0);
    const keys = [...objects.keys()]
      .filter((id) => id.startsWith(`${input.Bucket}/${input.Prefix ?? ''}`))
      .map((id) => id.slice(`${input.Bucket}/`.length))
      .sort();
    const page = keys.slice(start, start + 100);
    const Contents = page.map((Key) => {
      const { body, etag } = find({ Bucket: input.Bucket, Key }, 'NoSuchKey');
      return { Key, Size: body.byteLength, ETag: etag };
    });
    return { Contents, ...(start + 100 < keys.length && { NextContinuationToken: String(start + 100) }) };
  });
  mock.on(CreateMultipartUploadCommand).callsFake(async (input) => {
    const UploadId = String(uploads.size);
    uploads.set(UploadId, { parts: new Map(), metadata: input.Metadata });
    return { UploadId };
  });
  mock.on(UploadPartCommand).callsFake(async (input) => {
    uploads.get(input.UploadId)?.parts.set(input.PartNumber, Buffer.from(input.Body));
    return { ETag: `"${input.PartNumber}"` };
  });
  mock.on(CompleteMultipartUploadCommand).callsFake(async (input) => {
    const upload = uploads.get(input.UploadId);
    if (!upload) throw s3Error('NoSuchUpload', 404);
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, body]) => body);
    return store(input, Buffer.concat(parts), upload.metadata);
  });
  mock.on(AbortMultipartUploadCommand).resolves({});
  return { mock, objects };
}
