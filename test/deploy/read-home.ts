import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openHome } from '../../cli/local/home.ts';
import { filesBelow } from './drops.ts';
import { scanTable } from './items.ts';
import type { Perennial } from './perennial.ts';
import { objectText, type Side, type UrlWords } from './side.ts';
import { readTold } from './told.ts';

/** Reads a home whole: files from the disk, items with the SDK, the rest with the product's commands. */
export async function readHome(dir: string, perennial: Perennial): Promise<Side> {
  const told = await readTold(perennial, ['--home', dir]);
  const urlOf = (place: string) => pathToFileURL(join(dir, place)).href;
  const urls: UrlWords = [
    [urlOf('lake'), 'LAKE'],
    [urlOf('exports'), 'EXPORTS'],
  ];
  const objects = new Map<string, string>();
  for (const place of ['lake', 'exports']) {
    for (const key of await filesBelow(join(dir, place))) {
      objects.set(`${place}/${key}`, objectText(key, await readFile(join(dir, place, key)), urls));
    }
  }
  return { objects, ...(await readTables(dir)), told };
}

async function readTables(dir: string): Promise<Pick<Side, 'profiles' | 'transitionItems' | 'runs'>> {
  const { dynamo, close } = await openHome(dir, { command: 'test:deploy' });
  const client = new DynamoDBClient({
    endpoint: dynamo.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    return {
      profiles: await scanTable(client, dynamo.tables.profiles, 'profiles'),
      transitionItems: await scanTable(client, dynamo.tables.transitions, 'transitions'),
      runs: await scanTable(client, dynamo.tables.runs, 'runs'),
    };
  } finally {
    client.destroy();
    await close();
  }
}
