import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { eachConcurrently } from '../../lib/store/concurrently.ts';
import type { Account } from './account.ts';
import { type DeployedStack, outputOf } from './deploy-stack.ts';
import { scanTable } from './items.ts';
import type { Perennial } from './perennial.ts';
import { objectText, type Side, type UrlWords } from './side.ts';
import { readTold } from './told.ts';

const READS = 16;

/** The deployed side. */
export interface DeployedSide extends Side {
  /** ARN or id of the KMS key of each object, '' for none; by the keys of `objects`. */
  readonly kmsKeys: ReadonlyMap<string, string>;
}

/** Reads the deployed stack whole: objects and items with the SDK, the rest with the product's `--stack`. */
export async function readDeployed(account: Account, stack: DeployedStack, perennial: Perennial): Promise<DeployedSide> {
  const buckets = { lake: outputOf(stack, 'LakeBucket'), exports: outputOf(stack, 'ExportsBucket') };
  const urls: UrlWords = [
    [`s3://${buckets.lake}`, 'LAKE'],
    [`s3://${buckets.exports}`, 'EXPORTS'],
  ];
  const objects = new Map<string, string>();
  const kmsKeys = new Map<string, string>();
  for (const [place, bucket] of Object.entries(buckets)) {
    await eachConcurrently(keysOf(account, bucket), READS, async (key) => {
      const { Body, SSEKMSKeyId = '' } = await account.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      objects.set(`${place}/${key}`, objectText(key, bytes, urls));
      kmsKeys.set(`${place}/${key}`, SSEKMSKeyId);
    });
  }
  return {
    objects,
    kmsKeys,
    profiles: await scanTable(account.dynamo, outputOf(stack, 'ProfilesTable'), 'profiles'),
    transitionItems: await scanTable(account.dynamo, outputOf(stack, 'TransitionsTable'), 'transitions'),
    runs: await scanTable(account.dynamo, outputOf(stack, 'RunsTable'), 'runs'),
    told: await readTold(perennial, ['--stack', stack.name]),
  };
}

async function* keysOf({ s3 }: Account, Bucket: string): AsyncGenerator<string> {
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    for (const { Key } of page.Contents ?? []) yield Key as string;
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
