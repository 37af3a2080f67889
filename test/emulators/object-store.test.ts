import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, vi } from 'vitest';
import { type MiniStack, startMiniStack } from '../support/emulators/ministack.ts';
import { describeObjectStore, HEAVY, LIGHT } from '../unit/store/object-store-contract.ts';

let server: MiniStack;
let s3: S3Client;
beforeAll(async () => {
  server = await startMiniStack();
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  s3 = new S3Client({});
});
afterAll(async () => {
  s3?.destroy();
  await server?.stop();
  vi.unstubAllEnvs();
});

let buckets = 0;
async function makeBucket(): Promise<string> {
  const Bucket = `contract-${buckets++}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return `s3://${Bucket}`;
}

describeObjectStore('s3:// at MiniStack', HEAVY, makeBucket);
describeObjectStore('s3:// at MiniStack below a prefix', LIGHT, async () => `${await makeBucket()}/some/prefix`);
