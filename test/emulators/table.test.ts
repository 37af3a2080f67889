import { afterAll, beforeAll, describe, vi } from 'vitest';
import { closeTableClient, createMissingTables } from '../../lib/store/dynamo-client.ts';
import { TABLES, type TableKind } from '../../lib/store/table-definitions.ts';
import { openTable } from '../../lib/store/tables.ts';
import { startDynamoDbLocal } from '../support/emulators/dynamodb-local.ts';
import { startMiniStack } from '../support/emulators/ministack.ts';
import { describeTable } from '../unit/store/table-contract.ts';

const NAMES = Object.fromEntries(Object.keys(TABLES).map((kind) => [kind, kind])) as Record<TableKind, string>;

/** The contract on one server after another: a process has one client of DynamoDB. */
describe.each([
  ['DynamoDB Local', startDynamoDbLocal],
  ['MiniStack', startMiniStack],
])('table contract', (name, start) => {
  let stop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const server = await start();
    stop = () => server.stop();
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    await createMissingTables(server.endpoint, NAMES);
  });
  afterAll(async () => {
    closeTableClient();
    await stop?.();
    vi.unstubAllEnvs();
  });

  const [profiles, transitions, runs] = [openTable('profiles'), openTable('transitions'), openTable('runs')];
  describeTable(`on ${name}`, { profiles, transitions, runs });
});
