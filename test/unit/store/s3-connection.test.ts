import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, TransientDependencyError } from '../../../lib/errors.ts';
import { openObjectStore } from '../../../lib/store/objects.ts';

/** A request as it came. */
interface Seen {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

type Answer = (response: ServerResponse, seen: Seen) => void;

/** The real client against a server that answers what a test has written down: retries, connections, checksums. */
let server: Server;
const script: Answer[] = [];
const seen: Seen[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const asked = { method: request.method, headers: request.headers };
      seen.push(asked);
      const answer = script.shift() ?? ((unplanned: ServerResponse) => unplanned.writeHead(599).end());
      answer(response, asked);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  expect(script).toEqual([]);
  seen.length = 0;
  vi.restoreAllMocks();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
});

const store = openObjectStore('s3://bucket');
const bytes = Buffer.from('0123456789');

const crcOf = (content: Buffer) => {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(content));
  return crc.toString('base64');
};
const refuse =
  (status: number, code: string): Answer =>
  (response) =>
    response.writeHead(status).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
const slowDown = refuse(503, 'SlowDown');
const reset: Answer = (response) => response.destroy();
const written: Answer = (response) => response.writeHead(200, { etag: '"e"' }).end();
/** A body of which only the first bytes come. */
const cut =
  (content: Buffer, come: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(200, { etag: '"e"', 'content-length': content.length, ...headers });
    response.write(content.subarray(0, come), () => response.destroy());
  };
const whole =
  (content: Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(200, { etag: '"e"', 'content-length': content.length, ...headers }).end(content);

describe('the connection to S3', () => {
  it('is tried again after 503 SlowDown, a 500 and a reset', async () => {
    script.push(slowDown, refuse(500, 'InternalError'), reset, written);
    expect(await store.create('k', bytes)).toBe('created');
    expect(seen.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
    expect(seen[3]?.headers).toMatchObject({ 'if-none-match': '*', 'x-amz-checksum-crc32': crcOf(bytes) });
  });

  it('is given up after five answers of SlowDown', async () => {
    script.push(slowDown, slowDown, slowDown, slowDown, slowDown);
    const failure: unknown = await store.create('k', bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientDependencyError);
    expect(failure).toMatchObject({
      message: 'Object s3://bucket/k: PutObject failed with SlowDown (HTTP 503), expected success. Run the step again.',
      cause: { name: 'SlowDown', $metadata: { attempts: 5 } },
    });
  });

  it('may lose the answer to a write: the retry finds it done', async () => {
    let own: IncomingHttpHeaders = {};
    const lost: Answer = (response, asked) => {
      own = asked.headers;
      response.destroy();
    };
    const taken = refuse(412, 'PreconditionFailed');
    const head: Answer = (response) =>
      response
        .writeHead(200, {
          etag: '"new"',
          'content-length': 10,
          'x-amz-meta-sha256': String(own['x-amz-meta-sha256']),
          'x-amz-meta-write': String(own['x-amz-meta-write']),
        })
        .end();
    script.push(lost, taken, head);
    expect(await store.create('k', bytes)).toBe('same');
    expect(own['x-amz-meta-sha256']).toBe(createHash('sha256').update(bytes).digest('hex'));
    script.push(lost, taken, head);
    expect(await store.replace('k', bytes, 'old')).toBe('new');
    expect(seen.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD', 'PUT', 'PUT', 'HEAD']);
    expect(seen[4]?.headers['if-match']).toBe('"old"');
  });

  it('may break while a body comes: the rest is asked for', async () => {
    const rest: Answer = (response) =>
      response.writeHead(206, { 'content-length': 6, 'content-range': 'bytes 4-9/10' }).end(bytes.subarray(4));
    script.push(cut(bytes, 4, { 'x-amz-checksum-crc32': crcOf(bytes) }), rest);
    expect(Buffer.from(await store.read('k'))).toEqual(bytes);
    expect(seen[1]?.headers).toMatchObject({ range: 'bytes=4-', 'if-match': '"e"' });
    script.push(cut(bytes, 4, { 'x-amz-checksum-crc32': crcOf(Buffer.from('other')) }), rest);
    await expect(store.read('k')).rejects.toThrow('its bytes do not have its checksum');
  });

  it.each([
    ['x-amz-checksum-crc32', crcOf(Buffer.from('other'))],
    ['x-amz-checksum-sha256', createHash('sha256').update('other').digest('base64')],
  ])('brings bytes that are refused without a second request when %s is of others', async (header, value) => {
    script.push(whole(bytes, { [header]: value }));
    await expect(store.read('k')).rejects.toThrow(TransientDependencyError);
    const large = Buffer.alloc(3_000_000, 'x');
    script.push(whole(large, { [header]: value }));
    const read = async () => {
      for await (const chunk of store.stream('k')) expect(chunk.byteLength).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow('Object s3://bucket/k: its bytes do not have its checksum');
    expect(seen).toHaveLength(2);
    expect(seen[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
  });

  it('is closed when the reader of a stream stops early', async () => {
    const isClosed = new Promise((resolve) => {
      script.push((response) => {
        response.once('close', resolve);
        whole(Buffer.alloc(50_000_000), { 'x-amz-checksum-crc32': 'AAAAAA==' })(response, { method: 'GET', headers: {} });
      });
    });
    for await (const chunk of store.stream('k')) {
      expect(chunk.byteLength).toBeLessThan(10_000_000);
      break;
    }
    await isClosed;
  });

  it.each([
    ['a refusal', refuse(403, 'AccessDenied'), 'AccessDenied (HTTP 403)'],
    ['an expired token', refuse(400, 'ExpiredToken'), 'ExpiredToken (HTTP 400)'],
    ['a bucket of another region', refuse(301, 'PermanentRedirect'), 'PermanentRedirect (HTTP 301)'],
    ['a bucket that is missing', refuse(404, 'NoSuchBucket'), 'NoSuchBucket (HTTP 404)'],
  ])('tells the operator of %s', async (_, answer, seenAs) => {
    script.push(answer);
    const failure = store.get('k');
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(`Object s3://bucket/k: GetObject failed with ${seenAs}, expected success. Check that`);
  });

  it.each([403, 301, 400])('tells the operator of a %d without a body, as HEAD gets it', async (status) => {
    script.push((response) => response.writeHead(status).end());
    await expect(store.stat('k')).rejects.toThrow(ConfigError);
  });
});
