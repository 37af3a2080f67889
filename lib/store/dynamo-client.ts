import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fromSdk, hasName } from './sdk-error.ts';
import { TABLES, type TableDefinition, type TableKind } from './table-definitions.ts';

/** Connections of the one client: 32 guarded puts and 8 batches of two shards at once fit. */
const SOCKETS = 64;

const agent = { keepAlive: true, maxSockets: SOCKETS };

let client: DynamoDBClient | undefined;

/** The one client of this process; endpoint, region and credentials are found as the SDK does, at the first request. */
export function dynamoClient(): DynamoDBClient {
  if (!client) {
    client = new DynamoDBClient({ maxAttempts: 5, requestHandler: { httpAgent: agent, httpsAgent: agent } });
    // It copies every item for a log that nobody reads (a tenth of the time of a batch), and items must not be logged.
    client.middlewareStack.remove('loggerMiddleware');
  }
  return client;
}

/** Ends the connections of this process; the next request makes a new client and reads the environment again. */
export function closeTableClient(): void {
  client?.destroy();
  client = undefined;
}

/**
 * Creates missing tables at an endpoint that takes any credentials (a laptop's): deployed tables belong to the stack.
 *
 * @param names deployed name of every kind
 */
export async function createMissingTables(endpoint: string, names: Record<TableKind, string>): Promise<void> {
  const local = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    for (const kind of Object.keys(TABLES) as TableKind[]) await createIfMissing(local, names[kind], TABLES[kind]);
  } finally {
    local.destroy();
  }
}

async function createIfMissing(local: DynamoDBClient, name: string, definition: TableDefinition): Promise<void> {
  if ((await statusOfTable(local, name)) === 'ACTIVE') return;
  const keys = [definition.partitionKey, ...(definition.sortKey ? [definition.sortKey] : [])];
  try {
    await local.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
        KeySchema: keys.map((key, index) => ({ AttributeName: key, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
  } catch (error) {
    if (!hasName(error, 'ResourceInUseException')) throw fromSdk(error, `Table ${name}`, 'CreateTable');
  }
  while ((await statusOfTable(local, name)) !== 'ACTIVE');
}

async function statusOfTable(local: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    return (await local.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus;
  } catch (error) {
    if (hasName(error, 'ResourceNotFoundException')) return undefined;
    throw fromSdk(error, `Table ${name}`, 'DescribeTable');
  }
}
