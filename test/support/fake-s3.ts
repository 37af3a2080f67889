import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
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
import { type AwsClientStub, mockClient } from 'aws-sdk-client-mock';

interface Stored {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Record<string, string> | undefined;
  /** CRC-32 as S3 tells it; `-<parts>` at its end for one of the parts' checksums. */
  readonly crc32?: string;
}

interface Opened {
  readonly parts: Map<number, Buffer>;
  readonly metadata: Record<string, string> | undefined;
  readonly hasWholeChecksum: boolean;
}

/** What happens instead of a request; `run` does what was asked, as often as it is called. */
type Fault = (run: () => unknown) => unknown;

/** Requests that can be made to go wrong. */
type FaultyRequest = 'PutObject' | 'UploadPart' | 'CompleteMultipartUpload' | 'GetObject';

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

/** The request was done and its answer lost: the client sent it again. */
export const lostAnswer: Fault = (run) => {
  run();
  return run();
};

function crcOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** Objects and conditions of S3 in memory, behind the real client's `send`; pages of 100 keys. */
export function fakeS3() {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Opened>();
  const mock = mockClient(S3Client);
  const faults: { request: FaultyRequest; fault: Fault }[] = [];
  /** Does what was asked, unless the next fault of this request comes first. */
  const orFault = (request: FaultyRequest, run: () => unknown) => {
    const index = faults.findIndex((planned) => planned.request === request);
    return index < 0 ? run() : faults.splice(index, 1)[0]?.fault(run);
  };
  const idOf = ({ Bucket, Key }: { Bucket: string | undefined; Key: string | undefined }) => `${Bucket}/${Key}`;
  const find = (input: { Bucket: string | undefined; Key: string | undefined }, name: string) => {
    const stored = objects.get(idOf(input));
    if (!stored) throw s3Error(name, 404);
    return stored;
  };
  const store = (input: Guarded, stored: Omit<Stored, 'etag'>) => {
    const present = objects.get(idOf(input));
    if (input.IfNoneMatch === '*' && present) throw s3Error('PreconditionFailed', 412);
    if (input.IfMatch !== undefined) {
      if (!present) throw s3Error('NoSuchKey', 404);
      if (present.etag !== input.IfMatch) throw s3Error('PreconditionFailed', 412);
    }
    const etag = `"${createHash('md5').update(stored.body).digest('hex')}"`;
    objects.set(idOf(input), { ...stored, etag });
    return { ETag: etag };
  };
  mock.on(PutObjectCommand).callsFake(async (input) => {
    const body = Buffer.from(input.Body);
    return orFault('PutObject', () => store(input, { body, metadata: input.Metadata, crc32: crcOf(body) }));
  });
  mock.on(HeadObjectCommand).callsFake(async (input) => {
    const { body, etag, metadata } = find(input, 'NotFound');
    return { ContentLength: body.byteLength, ETag: etag, Metadata: metadata };
  });
  const get = (input: Guarded & { Range?: string; ChecksumMode?: string }) => {
    const { body, etag, crc32: crc } = find(input, 'NoSuchKey');
    if (input.IfMatch !== undefined && input.IfMatch !== etag) throw s3Error('PreconditionFailed', 412);
    const [, from = 0, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(input.Range ?? '') ?? [];
    if (input.Range !== undefined && Number(from) >= body.byteLength) throw s3Error('InvalidRange', 416);
    const rest = body.subarray(Number(from), last === '' ? body.byteLength : Number(last) + 1);
    const pieces = Array.from({ length: Math.ceil(rest.byteLength / 60_000) }, (_, i) =>
      rest.subarray(i * 60_000, (i + 1) * 60_000),
    );
    const checksum = input.ChecksumMode === 'ENABLED' && input.Range === undefined && crc !== undefined && { ChecksumCRC32: crc };
    return { Body: Readable.from(pieces), ContentLength: rest.byteLength, ETag: etag, ...checksum };
  };
  mock.on(GetObjectCommand).callsFake(async (input) => orFault('GetObject', () => get(input)));
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
  fakeUploads(mock, uploads, { store, orFault });
  /** Lets the next requests of a kind go wrong, one fault each. */
  const inject = (request: FaultyRequest, ...planned: Fault[]) => {
    for (const fault of planned) faults.push({ request, fault });
  };
  return { mock, objects, uploads, inject };
}

/** What uploads in parts share with the other requests. */
interface Requests {
  readonly store: (input: Guarded, stored: Omit<Stored, 'etag'>) => object;
  readonly orFault: (request: FaultyRequest, run: () => unknown) => unknown;
}

function fakeUploads(mock: AwsClientStub<S3Client>, uploads: Map<string, Opened>, { store, orFault }: Requests): void {
  let opened = 0;
  mock.on(CreateMultipartUploadCommand).callsFake(async (input) => {
    const UploadId = String(opened++);
    uploads.set(UploadId, { parts: new Map(), metadata: input.Metadata, hasWholeChecksum: input.ChecksumType === 'FULL_OBJECT' });
    return { UploadId };
  });
  mock.on(UploadPartCommand).callsFake(async (input) =>
    orFault('UploadPart', () => {
      uploads.get(input.UploadId)?.parts.set(input.PartNumber, Buffer.from(input.Body));
      return { ETag: `"${input.PartNumber}"` };
    }),
  );
  const complete = (input: Guarded & { UploadId: string }) => {
    const upload = uploads.get(input.UploadId);
    if (!upload) throw s3Error('NoSuchUpload', 404);
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const body = Buffer.concat(parts);
    const crc32 = upload.hasWholeChecksum
      ? crcOf(body)
      : `${crcOf(Buffer.concat(parts.map((part) => Buffer.from(crcOf(part), 'base64'))))}-${parts.length}`;
    const answer = store(input, { body, metadata: upload.metadata, crc32 });
    uploads.delete(input.UploadId);
    return answer;
  };
  mock.on(CompleteMultipartUploadCommand).callsFake(async (input) => orFault('CompleteMultipartUpload', () => complete(input)));
  mock.on(AbortMultipartUploadCommand).callsFake(async (input) => {
    if (!uploads.delete(input.UploadId)) throw s3Error('NoSuchUpload', 404);
    return {};
  });
}
