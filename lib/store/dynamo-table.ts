import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { ThrottledWriteError } from '../errors.ts';
import { eachConcurrently, groupsOf } from './concurrently.ts';
import { dynamoClient } from './dynamo-client.ts';
import { fromAttributes, toAttributes } from './dynamo-items.ts';
import { backoffMs, fromSdk, hasName, isThrottling } from './sdk-error.ts';
import type { BatchOptions, Condition, Item, QueryOptions, Table, UpdateOptions, Write } from './tables.ts';

/** BatchWriteItem takes 25 writes: 25 items of at most 400 KB are 10 MB, below its 16 MB. */
const WRITES_PER_REQUEST = 25;

/** Sends of one batch: pauses of at most 0.1 + 0.2 + .. + 6.4 + 10 s, 22.7 s together. */
const BATCH_TRIES = 9;

/** The table of this name, through the one client of this process. */
export function openDynamoTable(name: string): Table {
  return new DynamoTable(name);
}

class DynamoTable implements Table {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async get(key: Item): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.name, Key: toAttributes(key), ConsistentRead: true });
    const answer = await this.#ask('GetItem', () => dynamoClient().send(command));
    return answer.Item && fromAttributes(answer.Item);
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const command = new PutItemCommand({ TableName: this.name, Item: toAttributes(item), ...guardOf(condition) });
    return (await this.#askGuarded('PutItem', () => dynamoClient().send(command))) !== undefined;
  }

  async update(key: Item, set: Item, options: UpdateOptions = {}): Promise<Item | undefined> {
    const names: Record<string, string> = { ...options.condition?.names };
    const values: Item = { ...options.condition?.values };
    let count = 0;
    const nameOf = (attribute: string) => {
      names[`#u${count}`] = attribute;
      return `#u${count++}`;
    };
    const assign = (entries: Item, between: string) =>
      Object.entries(entries)
        .filter(([, value]) => value !== undefined)
        .map(([attribute, value]) => {
          values[`:u${count}`] = value;
          return `${nameOf(attribute)}${between}:u${count - 1}`;
        });
    const clauses = [
      ['SET', assign(set, ' = ')],
      ['ADD', assign(options.add ?? {}, ' ')],
      ['REMOVE', (options.remove ?? []).map(nameOf)],
    ] as const;
    const expression = clauses.filter(([, parts]) => parts.length > 0).map(([word, parts]) => `${word} ${parts.join(', ')}`);
    const command = new UpdateItemCommand({
      TableName: this.name,
      Key: toAttributes(key),
      ReturnValues: 'ALL_NEW',
      ...(expression.length > 0 && { UpdateExpression: expression.join(' ') }),
      ...guardOf(options.condition),
      ...placeholders(names, values),
    });
    const answer = await this.#askGuarded('UpdateItem', () => dynamoClient().send(command));
    return answer && fromAttributes(answer.Attributes ?? {});
  }

  async remove(key: Item, condition?: Condition): Promise<boolean> {
    const command = new DeleteItemCommand({ TableName: this.name, Key: toAttributes(key), ...guardOf(condition) });
    return (await this.#askGuarded('DeleteItem', () => dynamoClient().send(command))) !== undefined;
  }

  async *query(partition: Item, options: QueryOptions = {}): AsyncIterable<Item> {
    const [[partitionKey, partitionValue] = ['', '']] = Object.entries(partition);
    const [begins] = Object.entries(options.begins ?? {});
    const input = {
      TableName: this.name,
      ConsistentRead: true,
      ScanIndexForward: options.forward ?? true,
      KeyConditionExpression: begins ? '#p = :p AND begins_with(#s, :s)' : '#p = :p',
      ...placeholders(
        { '#p': partitionKey, ...(begins && { '#s': begins[0] }) },
        { ':p': partitionValue, ...(begins && { ':s': begins[1] }) },
      ),
    };
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let from: QueryCommand['input']['ExclusiveStartKey'];
    do {
      const page: QueryCommand['input'] = {
        ...input,
        ...(from && { ExclusiveStartKey: from }),
        ...(Number.isFinite(left) && { Limit: left }),
      };
      const answer = await this.#ask('Query', () => dynamoClient().send(new QueryCommand(page)));
      for (const attributes of answer.Items ?? []) {
        if (left-- <= 0) return;
        yield fromAttributes(attributes);
      }
      from = answer.LastEvaluatedKey;
    } while (from && left > 0);
  }

  async *scan(): AsyncIterable<Item> {
    let from: ScanCommand['input']['ExclusiveStartKey'];
    do {
      const page = { TableName: this.name, ConsistentRead: true, ...(from && { ExclusiveStartKey: from }) };
      const answer = await this.#ask('Scan', () => dynamoClient().send(new ScanCommand(page)));
      for (const attributes of answer.Items ?? []) yield fromAttributes(attributes);
      from = answer.LastEvaluatedKey;
    } while (from);
  }

  async writeBatch(writes: AsyncIterable<Write> | Iterable<Write>, options: BatchOptions = {}): Promise<number> {
    let written = 0;
    await eachConcurrently(groupsOf(writes, WRITES_PER_REQUEST), options.concurrency ?? 8, async (group) => {
      await this.#writeGroup(group.map(requestOf), options.signal);
      written += group.length;
    });
    return written;
  }

  async #writeGroup(requests: WriteRequest[], signal: AbortSignal | undefined): Promise<void> {
    let left = requests;
    let cause: unknown;
    for (let attempt = 1; attempt <= BATCH_TRIES && !signal?.aborted; attempt++) {
      const sent = left;
      try {
        const answer = await this.#ask('BatchWriteItem', () =>
          dynamoClient().send(new BatchWriteItemCommand({ RequestItems: { [this.name]: sent } })),
        );
        left = answer.UnprocessedItems?.[this.name] ?? [];
      } catch (error) {
        cause = (error as Error).cause;
        if (!isThrottling(cause)) throw error;
      }
      if (left.length === 0) return;
      if (attempt < BATCH_TRIES) await sleep(backoffMs(attempt, 100, 10_000), undefined, { signal }).catch(() => {});
    }
    throw new ThrottledWriteError(
      `Table ${this.name}: BatchWriteItem left ${left.length} writes unprocessed, expected none. Run the step again, or raise the table's capacity.`,
      { cause },
    );
  }

  async #ask<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw fromSdk(error, `Table ${this.name}`, operation);
    }
  }

  /** Undefined when the condition fails. */
  async #askGuarded<T>(operation: string, send: () => Promise<T>): Promise<T | undefined> {
    try {
      return await send();
    } catch (error) {
      if (hasName(error, 'ConditionalCheckFailedException')) return undefined;
      throw fromSdk(error, `Table ${this.name}`, operation);
    }
  }
}

function requestOf(write: Write): WriteRequest {
  return 'put' in write
    ? { PutRequest: { Item: toAttributes(write.put) } }
    : { DeleteRequest: { Key: toAttributes(write.remove) } };
}

function guardOf(condition: Condition | undefined) {
  if (!condition) return {};
  return {
    ConditionExpression: condition.expression,
    ...placeholders(condition.names ?? {}, condition.values ?? {}),
  };
}

/** DynamoDB refuses empty maps of names or values. */
function placeholders(names: Readonly<Record<string, string>>, values: Item) {
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: toAttributes(values) }),
  };
}
