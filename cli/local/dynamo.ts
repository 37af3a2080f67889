import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { ClassicLevel } from 'classic-level';
import dynalite from 'dynalite';
import { ConfigError } from '../../lib/errors.ts';
import { closeTableClient, createMissingTables } from '../../lib/store/dynamo-client.ts';
import { TABLES, type TableKind } from '../../lib/store/table-definitions.ts';

/** A DynamoDB of this process, kept in a folder. */
export interface LocalDynamo {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Names of the tables. */
  readonly tables: Readonly<Record<TableKind, string>>;
  /** What the SDK and the handlers read from the environment; to be merged into it before the first request. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers what was asked, closes the database and this process's connections; more than once is no error. */
  stop(): Promise<void>;
}

const NAMES = Object.fromEntries(Object.keys(TABLES).map((kind) => [kind, kind])) as Record<TableKind, string>;

/**
 * Starts dynalite on a free port of 127.0.0.1 and creates what is missing of the three tables.
 *
 * @param path folder of the database, made if missing; the caller holds the home, so that nobody else has it open
 * @throws ConfigError when the database cannot be opened
 */
export async function startDynamo(path: string): Promise<LocalDynamo> {
  const isComplete = await prepare(path);
  const server = dynalite({ path, createTableMs: 0 });
  // A handler may compute for minutes between two requests, and server and client share its thread: no timeouts.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= new Promise<void>((resolve, reject) => {
      closeTableClient();
      server.close((error) => (error ? reject(error) : resolve()));
    });
    return stopping;
  };
  try {
    if (!isComplete) await createMissingTables(endpoint, NAMES);
  } catch (error) {
    await stop();
    throw error;
  }
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // A profile of the user's would win over the two above, and the SDK would warn of it.
    AWS_PROFILE: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    PROFILES_TABLE: NAMES.profiles,
    TRANSITIONS_TABLE: NAMES.transitions,
    RUNS_TABLE: NAMES.runs,
  };
  return { endpoint, tables: NAMES, env, stop };
}

/**
 * Opens the database once by itself: dynalite opens it in the background and ends the process when that fails. A table that
 * a killed process left CREATING (dynalite would refuse it for ever) is completed.
 *
 * @returns true when all tables are there
 */
async function prepare(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true });
  const database = new ClassicLevel<string, { TableStatus?: string } | undefined>(path, { valueEncoding: 'json' });
  try {
    await database.open();
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    throw new ConfigError(`Database ${path}: cannot be opened (${message}), expected a LevelDB folder. Restore it from a copy.`, {
      cause: error,
    });
  }
  try {
    let found = 0;
    for (const name of Object.values(NAMES)) {
      const table = await database.get(`table~${name}`);
      if (!table) continue;
      found += 1;
      if (table.TableStatus === 'CREATING') await database.put(`table~${name}`, { ...table, TableStatus: 'ACTIVE' });
    }
    return found === Object.keys(NAMES).length;
  } finally {
    await database.close();
  }
}
