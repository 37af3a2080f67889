import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { TABLES, type TableKind } from '../../lib/store/table-definitions.ts';

/**
 * Attributes of run records and of the lease that tell when and by whom, not what: no two installations can share them. Everything
 * else, fencing numbers and counts included, is compared.
 */
const OF_THE_CLOCK: Readonly<Record<string, readonly string[]>> = {
  // Instants of opening and commit; the execution's ARN: a laptop has none.
  RUN: ['openedAt', 'committedAt', 'execution'],
  // The process that held it last, a token of its own, and until when.
  LEASE: ['owner', 'token', 'until'],
};

/** Every item of a table by its key, its attributes in order of their names. */
export async function scanTable(dynamo: DynamoDBClient, name: string, kind: TableKind): Promise<Map<string, string>> {
  const items = new Map<string, string>();
  const { partitionKey, sortKey } = TABLES[kind] as { partitionKey: string; sortKey?: string };
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await dynamo.send(new ScanCommand({ TableName: name, ConsistentRead: true, ExclusiveStartKey }));
    for (const item of page.Items ?? []) {
      const key = [partitionKey, ...(sortKey ? [sortKey] : [])].map((attribute) => item[attribute]?.S).join(' ');
      items.set(key, JSON.stringify(sorted(kind === 'runs' ? withoutClock(item) : item)));
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
}

/** Whether such an attribute is there at all is kept, and of an instant whether it is told. */
function withoutClock(item: Record<string, AttributeValue>): Record<string, AttributeValue> {
  const masked = OF_THE_CLOCK[item['pk']?.S ?? ''] ?? [];
  const mask = (name: string, value: AttributeValue) =>
    masked.includes(name) && (name === 'execution' || value.S !== '') ? { S: 'masked' } : value;
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, mask(name, value)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
