import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openNotifier } from '../../../lib/store/notify.ts';

describe('openNotifier', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('does nothing without a topic', async () => {
    await expect(openNotifier(undefined).notify('subject', 'message')).resolves.toBeUndefined();
  });

  it('sends one line of ASCII as the subject, and tells topic and operation when that fails', async () => {
    const bodies: URLSearchParams[] = [];
    const success = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
    const failure = '<ErrorResponse><Error><Code>NotFound</Code><Message>no</Message></Error></ErrorResponse>';
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        bodies.push(new URLSearchParams(Buffer.concat(pieces).toString()));
        response.writeHead(bodies.length === 1 ? 200 : 404).end(bodies.length === 1 ? success : failure);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const notifier = openNotifier('arn:aws:sns:us-east-1:000000000000:alarms');
    await notifier.notify(`Run\nheld – ${'x'.repeat(200)}`, 'Drei Gründe');
    expect(Object.fromEntries(bodies[0] ?? [])).toMatchObject({
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:alarms',
      Subject: `Run held ${'x'.repeat(91)}`,
      Message: 'Drei Gründe',
    });
    await expect(notifier.notify('a', 'b')).rejects.toThrow(/^Topic arn:aws:sns:\S+: Publish failed with \w+ \(HTTP 404\)/);
    server.closeAllConnections();
    server.close();
  });
});
