import { Aws } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Step } from '../../lib/keys.ts';
import { isPersonal, LISTED } from '../lake-patterns.ts';
import { objectsOf, STEP_RIGHTS, type StepRights, type TableAction } from '../rights.ts';
import type { PipelineStorage } from './storage.ts';

const READ = ['s3:GetObject'];
/** No step deletes an object: files are write-once, and `latest.json` is replaced. */
const WRITE = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'];
const DECRYPT = ['kms:Decrypt'];
/** Parts of a large object are decrypted when they are put together. */
const ENCRYPT = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** A bucket of drops that is not the lake. Its own policy, and that of its key, must allow this account where it is another's. */
export interface DropsBucket {
  readonly name: string;
  /** ARN of the KMS key of its objects, where there is one. */
  readonly keyArn?: string | undefined;
}

/** What the steps' rights are about. */
export interface Places {
  readonly storage: PipelineStorage;
  readonly notices: ITopic;
  /** Buckets whose drops are read in place. */
  readonly dropsBuckets: readonly DropsBucket[];
}

/** Gives each step's function what `rights.ts` says, and nothing else. */
export function grantSteps(functions: Readonly<Record<Step, IGrantable>>, places: Places): void {
  for (const [step, rights] of Object.entries(STEP_RIGHTS) as [Step, StepRights][]) {
    grantFunction(functions[step], rights, places);
  }
}

/** Gives one function its rights. */
export function grantFunction(grantee: IGrantable, rights: StepRights, places: Places): void {
  grantObjects(grantee, rights, places);
  grantItems(grantee, rights, places.storage);
  grantKeys(grantee, rights, places.storage.keys);
  if (rights.notifies) allow(grantee, ['sns:Publish'], [places.notices.topicArn]);
}

function grantObjects(grantee: IGrantable, rights: StepRights, { storage, dropsBuckets }: Places): void {
  const objects = objectsOf(rights);
  for (const place of ['lake', 'exports'] as const) {
    const { reads, writes } = objects[place];
    const bucket = storage[place];
    const below = (patterns: readonly string[]) => patterns.map((pattern) => bucket.arnForObjects(pattern));
    allow(grantee, READ, below(reads));
    allow(grantee, WRITE, below(writes));
    if (reads.length + writes.length > 0) allowListing(grantee, bucket, place === 'lake' ? (rights.lists ?? []) : []);
  }
  if (!rights.readsDrops) return;
  for (const { name, keyArn } of dropsBuckets) {
    const arn = `arn:${Aws.PARTITION}:s3:::${name}`;
    allow(grantee, READ, [`${arn}/*`]);
    if (rights.lists?.includes('drops')) allow(grantee, ['s3:ListBucket'], [arn]);
    if (keyArn !== undefined) allow(grantee, DECRYPT, [keyArn], viaServices(['s3']));
  }
}

/**
 * The right to list some prefixes, and to be told 404 instead of 403 of a key that is not there: S3 asks for s3:ListBucket then,
 * in a request for an object, which has no prefix. So a prefix must be one of these or be absent.
 */
function allowListing(grantee: IGrantable, bucket: IBucket, lists: readonly (keyof typeof LISTED)[]): void {
  const condition =
    lists.length === 0
      ? { Null: { 's3:prefix': 'true' } }
      : { StringLikeIfExists: { 's3:prefix': lists.map((kind) => LISTED[kind]) } };
  allow(grantee, ['s3:ListBucket'], [bucket.bucketArn], condition);
}

function grantItems(grantee: IGrantable, rights: StepRights, storage: PipelineStorage): void {
  for (const table of ['runs', 'profiles', 'transitions'] as const) {
    const actions: readonly TableAction[] = rights[table] ?? [];
    allow(
      grantee,
      actions.map((action) => `dynamodb:${action}`),
      actions.length > 0 ? [storage[table].tableArn] : [],
    );
  }
}

/** The keys of what a step reads, writes and tells, usable through these services only. */
function grantKeys(grantee: IGrantable, rights: StepRights, keys: { readonly data: IKey; readonly pii: IKey }): void {
  const { lake, exports } = objectsOf(rights);
  const isPlain = (pattern: string) => !isPersonal(pattern);
  const writesPlain = [...lake.writes, ...exports.writes].some(isPlain);
  const usesPlain = writesPlain || [...lake.reads, ...exports.reads].some(isPlain);
  const services = [...(usesPlain ? ['s3'] : []), ...(rights.notifies ? ['sns'] : [])];
  if (services.length > 0) {
    allow(grantee, writesPlain || rights.notifies ? ENCRYPT : DECRYPT, [keys.data.keyArn], viaServices(services));
  }
  if (lake.writes.some(isPersonal)) allow(grantee, ENCRYPT, [keys.pii.keyArn], viaServices(['s3']));
  else if (lake.reads.some(isPersonal)) allow(grantee, DECRYPT, [keys.pii.keyArn], viaServices(['s3']));
}

function viaServices(services: readonly string[]): object {
  return { StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${Aws.REGION}.amazonaws.com`) } };
}

function allow(grantee: IGrantable, actions: readonly string[], resources: readonly string[], conditions: object = {}): void {
  if (resources.length === 0) return;
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], conditions: { ...conditions } }),
  );
}
