import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDynamo } from '../../../cli/local/dynamo.ts';
import { ConfigError, ThrottledWriteError, TransientDependencyError } from '../../../lib/errors.ts';
import { openTable, type Write } from '../../../lib/store/tables.ts';
import { describeTable } from './table-contract.ts';

describe('table on dynalite', () => {
  let folder: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perennial-dynamo-'));
    const dynamo = await startDynamo(folder);
    stop = dynamo.stop;
    for (const [name, value] of Object.entries(dynamo.env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    await stop();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  const runs = openTable('runs');

  describeTable('on dynalite', { profiles: openTable('profiles'), transitions: openTable('transitions'), runs });

  it('asks the operator for a table that is missing', async () => {
    await expect(openTable('nowhere').get({ pk: 'a' })).rejects.toThrow(ConfigError);
    await expect(openTable('nowhere').get({ pk: 'a' })).rejects.toThrow(
      'Table nowhere: GetItem failed with ResourceNotFoundException',
    );
  });

  it('names table and operation but no content when the service refuses', async () => {
    const failure = await runs.put({ pk: 'secret' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'InvariantBrokenError',
      message: expect.stringMatching(/^Table runs: PutItem failed/),
    });
    expect((failure as Error).message).not.toContain('secret');
  });
});

describe('writeBatch', () => {
  let dynamo: ReturnType<typeof mockClient>;
  beforeEach(() => {
    dynamo = mockClient(DynamoDBClient);
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    dynamo.restore();
    vi.restoreAllMocks();
  });
  const request = (id: string) => ({ PutRequest: { Item: { customer_id: { S: id } } } });
  const writes = (count: number): Write[] =>
    Array.from({ length: count }, (_, index) => ({ put: { customer_id: String(index) } }));
  const refusal = (name: string) =>
    new DynamoDBServiceException({ name, message: '', $fault: 'client', $metadata: { httpStatusCode: 400 } });
  const throttling = () => refusal('ThrottlingException');
  const sizes = () => dynamo.commandCalls(BatchWriteItemCommand).map((call) => call.args[0].input.RequestItems?.['t']?.length);

  it('sends again what was left unprocessed, and only that', async () => {
    dynamo
      .on(BatchWriteItemCommand)
      .resolvesOnce({ UnprocessedItems: { t: [request('3'), request('4')] } })
      .rejectsOnce(throttling())
      .resolvesOnce({ UnprocessedItems: { t: [request('4')] } })
      .resolves({ UnprocessedItems: {} });
    expect(await openTable('t').writeBatch(writes(25))).toBe(25);
    expect(sizes()).toEqual([25, 2, 2, 1]);
  });

  it('gives up what the service leaves unprocessed for ever, and tells how much', async () => {
    dynamo.on(BatchWriteItemCommand).callsFake((input) => ({
      UnprocessedItems: { t: input.RequestItems.t.slice(-2) },
    }));
    const failure: unknown = await openTable('t')
      .writeBatch(writes(30), { concurrency: 1 })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ThrottledWriteError);
    expect(failure).toMatchObject({
      message:
        "Table t: BatchWriteItem left 2 writes unprocessed, expected none. Run the step again, or raise the table's capacity.",
    });
    expect(sizes()).toEqual([25, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it.each(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException', 'LimitExceededException'])(
    'waits after a %s of the whole request',
    async (name) => {
      dynamo.on(BatchWriteItemCommand).rejectsOnce(refusal(name)).rejectsOnce(refusal(name)).resolves({});
      expect(await openTable('t').writeBatch(writes(3))).toBe(3);
      expect(sizes()).toEqual([3, 3, 3]);
    },
  );

  it('gives up after nine sends and keeps the cause', async () => {
    const cause = throttling();
    dynamo.on(BatchWriteItemCommand).rejects(cause);
    await expect(openTable('t').writeBatch(writes(3))).rejects.toMatchObject({
      name: 'ThrottledWriteError',
      message: expect.stringContaining('left 3 writes unprocessed'),
      cause,
    });
    expect(dynamo.commandCalls(BatchWriteItemCommand)).toHaveLength(9);
  });

  it('begins nothing more after the signal', async () => {
    const controller = new AbortController();
    dynamo.on(BatchWriteItemCommand).callsFake(async () => {
      controller.abort();
      return { UnprocessedItems: {} };
    });
    const options = { concurrency: 1, signal: controller.signal };
    await expect(openTable('t').writeBatch(writes(60), options)).rejects.toThrow(ThrottledWriteError);
    expect(dynamo.commandCalls(BatchWriteItemCommand)).toHaveLength(1);
  });

  it('stops waiting for the next send at the signal', async () => {
    const controller = new AbortController();
    dynamo.on(BatchWriteItemCommand).callsFake((input) => {
      if (sizes().length === 7) {
        // The seventh pause is 6.4 s at most: the longest that chance gives.
        vi.spyOn(Math, 'random').mockReturnValue(1);
        setTimeout(() => controller.abort(), 1);
      }
      return { UnprocessedItems: input.RequestItems };
    });
    const begun = performance.now();
    const failure = openTable('t').writeBatch(writes(3), { signal: controller.signal });
    await expect(failure).rejects.toThrow('BatchWriteItem left 3 writes unprocessed');
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(sizes()).toEqual(Array(7).fill(3));
  });

  it('fails at once for another error, and stops reading its writes', async () => {
    dynamo.on(BatchWriteItemCommand).rejects(Object.assign(new Error('socket hang up'), { name: 'Error' }));
    let isClosed = false;
    async function* endless(): AsyncIterable<Write> {
      try {
        for (let index = 0; ; index++) yield { put: { customer_id: String(index) } };
      } finally {
        isClosed = true;
      }
    }
    await expect(openTable('t').writeBatch(endless())).rejects.toThrow(TransientDependencyError);
    expect(isClosed).toBe(true);
  });
});
