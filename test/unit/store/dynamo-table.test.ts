import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDynamo } from '../../../cli/local/dynamo.ts';
import { ConfigError, InvariantBrokenError, ThrottledWriteError, TransientDependencyError } from '../../../lib/errors.ts';
import { conditionalPuts, type Item, openTable, type Write } from '../../../lib/store/tables.ts';

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const GUARD = 'attribute_not_exists(runSeq) OR runSeq <= :mine';

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

  const profiles = openTable('profiles');
  const runs = openTable('runs');

  it('gives back every kind of value that was put, without undefined ones', async () => {
    const item = {
      customer_id: 'Zoë #1',
      n: 12.5,
      tiny: 1e-9,
      zero: -0,
      yes: true,
      nothing: null,
      empty: '',
      list: [1, 'a', [null]],
      map: { a: { b: false } },
      absent: undefined,
    };
    expect(await profiles.put(item)).toBe(true);
    const { absent: _, ...stored } = item;
    expect(await profiles.get({ customer_id: 'Zoë #1' })).toEqual({ ...stored, zero: 0 });
    expect(await profiles.get({ customer_id: 'nobody' })).toBeUndefined();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0), () => 1])(
    'refuses to store %s, naming the attribute alone',
    async (value) => {
      await expect(profiles.put({ customer_id: 'a', odd: { value } })).rejects.toThrow(InvariantBrokenError);
      await expect(profiles.put({ customer_id: 'secret', odd: value })).rejects.toThrow(/^Attribute odd: (?!.*secret)/);
    },
  );

  it('puts and removes under a condition', async () => {
    const key = { customer_id: 'guarded' };
    const guard = (mine: number) => ({ expression: GUARD, values: { ':mine': mine } });
    expect(await profiles.put({ ...key, runSeq: 2 }, guard(2))).toBe(true);
    expect(await profiles.put({ ...key, runSeq: 1 }, guard(1))).toBe(false);
    expect(await profiles.put({ ...key, runSeq: 3 }, guard(3))).toBe(true);
    expect(await profiles.remove(key, { expression: '#r = :r', names: { '#r': 'runSeq' }, values: { ':r': 2 } })).toBe(false);
    expect(await profiles.get(key)).toEqual({ ...key, runSeq: 3 });
    expect(await profiles.remove(key)).toBe(true);
    expect(await profiles.remove(key)).toBe(true);
    expect(await profiles.get(key)).toBeUndefined();
  });

  it('updates, adds and removes attributes in one step and answers the new item', async () => {
    const key = { pk: 'LEASE', sk: '-' };
    expect(await runs.update(key, { owner: 'a', state: 'OPEN' }, { add: { runSeq: 1 } })).toEqual({
      ...key,
      owner: 'a',
      state: 'OPEN',
      runSeq: 1,
    });
    const condition = { expression: '#o = :o AND runSeq = :s', names: { '#o': 'owner' }, values: { ':o': 'a', ':s': 1 } };
    const updated = await runs.update(
      key,
      { state: null, left: undefined },
      { add: { runSeq: 2, tries: 1 }, remove: ['owner', 'none'], condition },
    );
    expect(updated).toEqual({ ...key, state: null, runSeq: 3, tries: 1 });
    expect(await runs.update(key, { state: 'X' }, { condition })).toBeUndefined();
    expect(await runs.get(key)).toEqual(updated);
    expect(await runs.update({ pk: 'bare', sk: '-' }, {})).toEqual({ pk: 'bare', sk: '-' });
  });

  it('queries a partition in either order, by beginning and with a limit', async () => {
    for (const day of ['2024-01-02', '2024-01-03', '2024-02-01']) await runs.put({ pk: 'days', sk: day });
    await runs.put({ pk: 'other', sk: '2024-01-01' });
    const days = async (...args: Parameters<typeof runs.query>) => (await collect(runs.query(...args))).map((item) => item['sk']);
    expect(await days({ pk: 'days' })).toEqual(['2024-01-02', '2024-01-03', '2024-02-01']);
    expect(await days({ pk: 'days' }, { begins: { sk: '2024-01' } })).toEqual(['2024-01-02', '2024-01-03']);
    expect(await days({ pk: 'days' }, { forward: false, limit: 2 })).toEqual(['2024-02-01', '2024-01-03']);
    expect(await days({ pk: 'none' })).toEqual([]);
  });

  it('reads on past the 1 MB of a page, in query and scan', async () => {
    const transitions = openTable('transitions');
    const writes = Array.from(
      { length: 60 },
      (_, index): Write => ({
        put: { customer_id: 'wide', happened: String(index).padStart(3, '0'), text: 'x'.repeat(40_000) },
      }),
    );
    expect(await transitions.writeBatch(writes)).toBe(60);
    const items = await collect(transitions.query({ customer_id: 'wide' }));
    expect(items.map((item) => item['happened'])).toEqual(writes.map((write) => 'put' in write && write.put['happened']));
    expect(await collect(transitions.query({ customer_id: 'wide' }, { limit: 55 }))).toHaveLength(55);
    expect(await collect(transitions.scan())).toHaveLength(60);
  });

  it('writes batches from a stream, puts and removals', async () => {
    async function* writes(): AsyncIterable<Write> {
      for (let index = 0; index < 130; index++) yield { put: { customer_id: `batch-${index}`, index } };
    }
    expect(await profiles.writeBatch(writes(), { concurrency: 3 })).toBe(130);
    expect(await profiles.get({ customer_id: 'batch-129' })).toEqual({ customer_id: 'batch-129', index: 129 });
    expect(await profiles.writeBatch([{ remove: { customer_id: 'batch-129' } }])).toBe(1);
    expect(await profiles.get({ customer_id: 'batch-129' })).toBeUndefined();
    expect(await profiles.writeBatch([])).toBe(0);
  });

  it('counts guarded puts that were written and refused', async () => {
    const items = (runSeq: number, count: number): Item[] =>
      Array.from({ length: count }, (_, index) => ({ customer_id: `many-${index}`, runSeq }));
    const puts = (runSeq: number, count: number) =>
      conditionalPuts(profiles, items(runSeq, count), { expression: GUARD, values: { ':mine': runSeq } });
    expect(await puts(5, 40)).toEqual({ written: 40, refused: 0 });
    expect(await puts(4, 50)).toEqual({ written: 10, refused: 40 });
  });

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
  const throttling = () =>
    new DynamoDBServiceException({
      name: 'ThrottlingException',
      message: '',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });

  it('sends again what was left unprocessed, and only that', async () => {
    dynamo
      .on(BatchWriteItemCommand)
      .resolvesOnce({ UnprocessedItems: { t: [request('3'), request('4')] } })
      .rejectsOnce(throttling())
      .resolvesOnce({ UnprocessedItems: { t: [request('4')] } })
      .resolves({ UnprocessedItems: {} });
    expect(await openTable('t').writeBatch(writes(25))).toBe(25);
    const sent = dynamo.commandCalls(BatchWriteItemCommand).map((call) => call.args[0].input.RequestItems?.['t']?.length);
    expect(sent).toEqual([25, 2, 2, 1]);
  });

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
