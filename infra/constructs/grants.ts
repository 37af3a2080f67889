import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { STEPS, type Step } from '../../lib/keys.ts';
import type { PipelineStorage } from './storage.ts';

/** No step deletes an object: files are write-once, and `latest.json` is replaced. */
const OBJECT_ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'];
/** Without the right to list, S3 answers 403 instead of 404 for a key that is not there yet. */
const BUCKET_ACTIONS = ['s3:ListBucket'];
const TABLE_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:BatchWriteItem',
];

/** Steps that write published files. open-run finishes what an earlier commit left unprojected. */
const EXPORTING: readonly Step[] = ['open-run', 'publish-segments', 'close-run'];
/** Steps that write profile and transition items, open-run for the same reason. */
const PROJECTING: readonly Step[] = ['open-run', 'project-shard'];
/** Steps that tell people, open-run when it closes an earlier run. */
const NOTIFYING: readonly Step[] = ['open-run', 'fail-run', 'close-run'];

/** Gives each step's function the rights that it needs: lake and run records for all, the rest by the lists above. */
export function grantSteps(functions: Readonly<Record<Step, IFunction>>, storage: PipelineStorage, topic: ITopic): void {
  for (const step of STEPS) {
    const grantee = functions[step];
    grantObjects(grantee, storage.lake);
    grantItems(grantee, storage.runs);
    if (EXPORTING.includes(step)) grantObjects(grantee, storage.exports);
    if (PROJECTING.includes(step)) {
      grantItems(grantee, storage.profiles);
      grantItems(grantee, storage.transitions);
    }
    if (NOTIFYING.includes(step)) topic.grantPublish(grantee);
  }
}

function grantObjects(grantee: IGrantable, bucket: IBucket): void {
  allow(grantee, BUCKET_ACTIONS, bucket.bucketArn);
  allow(grantee, OBJECT_ACTIONS, bucket.arnForObjects('*'));
}

function grantItems(grantee: IGrantable, table: ITable): void {
  allow(grantee, TABLE_ACTIONS, table.tableArn);
}

function allow(grantee: IGrantable, actions: readonly string[], resource: string): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }));
}
