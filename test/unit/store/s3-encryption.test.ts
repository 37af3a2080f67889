import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDeps } from '../../../lib/run/open-deps.ts';
import { fakeS3 } from '../../support/fake-s3.ts';

/** Above it an object is uploaded in parts. */
const LARGE = new Uint8Array(16 * 1024 * 1024 + 1);
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/pii';

describe('the key of identifiers', () => {
  let s3: ReturnType<typeof fakeS3>;
  beforeEach(() => {
    s3 = fakeS3();
  });
  afterEach(() => s3.mock.restore());

  /** What the writes below `pii/`, and those beside it, said of their encryption. */
  async function writeEveryWay(piiKeyArn: string) {
    const places = {
      LAKE_URL: 's3://lake',
      EXPORTS_URL: 's3://exports',
      PROFILES_TABLE: 'p',
      TRANSITIONS_TABLE: 't',
      RUNS_TABLE: 'r',
    };
    const more = { PERENNIAL_CONFIG: '', DEPLOYED_CONFIG: '', LEASE_SECONDS: 1, EXCLUSIVE_HOME: '', PII_KEY_ARN: piiKeyArn };
    const { lake } = openDeps({ ...places, ...more }, { host: '', pid: 1, command: '' }, () => false);
    const chunks = async function* (bytes: Uint8Array) {
      yield bytes;
    };
    for (const folder of ['pii', 'pii-list']) {
      await lake.create(`${folder}/large`, LARGE);
      const etag = await lake.replace(`${folder}/small`, new Uint8Array(3), null);
      await lake.rewrite(`${folder}/small`, chunks(new Uint8Array(10)), etag);
      await lake.create(`${folder}/other`, new Uint8Array(3));
      const { etag: large = '' } = (await lake.stat(`${folder}/large`)) ?? {};
      await lake.rewrite(`${folder}/large`, chunks(LARGE), large);
    }
    const puts = s3.mock.commandCalls(PutObjectCommand).map((call) => call.args[0].input);
    const uploads = s3.mock.commandCalls(CreateMultipartUploadCommand).map((call) => call.args[0].input);
    const said = [...puts, ...uploads].map(({ Key = '', ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }) => ({
      Key,
      of: [ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled],
    }));
    const below = said.filter(({ Key }) => Key.startsWith('pii/'));
    return { below: below.map(({ of }) => of), beside: said.filter((one) => !below.includes(one)).map(({ of }) => of) };
  }

  it('encrypts what lies below pii/, whichever way it is written, and nothing beside it', async () => {
    const { below, beside } = await writeEveryWay(KEY);
    expect(below).toEqual(Array.from({ length: 5 }, () => ['aws:kms', KEY, true]));
    expect(beside).toEqual(Array.from({ length: 5 }, () => [undefined, undefined, undefined]));
  });
});
