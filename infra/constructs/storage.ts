import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { KEPT_DAYS, lakeKeys } from '../../lib/keys.ts';
import { formatDay } from '../../lib/time.ts';
import { PipelineKeys } from './keys.ts';

/** Days for which kept files live. Books, states and indexes keep month ends, which no prefix can tell: `compact` prunes them. */
const RETENTION_DAYS = { ...KEPT_DAYS, replaced: 14, unfinishedUploads: 2, accessLogs: 90 } as const;

/** Generations whose scores expire: S3 knows no wildcard in a prefix, and a rule for an unused generation costs nothing. */
const GENERATIONS = Array.from({ length: 10 }, (_, generation) => generation);

/** Any date: only what stands before it in a key is used. */
const ANY_DATE = formatDay(0);

/** A partition key, and a sort key where an id has several items. All are strings. */
interface TableKeys {
  readonly partition: string;
  readonly sort?: string;
}

/** Of every bucket: no public access, TLS 1.2, one owner, kept when the stack goes. */
const CLOSED = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: RemovalPolicy.RETAIN,
} as const;

const UNFINISHED = {
  id: 'leftovers',
  abortIncompleteMultipartUploadAfter: Duration.days(RETENTION_DAYS.unfinishedUploads),
};

/** How fast the tables may be used; above it DynamoDB throttles. */
export interface PipelineStorageProps {
  /** Of each table, read request units in a second. */
  readonly maxReadUnitsPerSecond: number;
  /** Of each table, write request units in a second. */
  readonly maxWriteUnitsPerSecond: number;
}

/** The state of a pipeline: two keys, two buckets, the log of who used them, and three tables. All of it outlives the stack. */
export class PipelineStorage extends Construct {
  readonly keys: PipelineKeys;
  /** Who asked for which object of the lake and of the exports, below `lake/` and `exports/`. */
  readonly accessLogs: Bucket;
  /** Drops, ledger, books, scores: no partner ever reads it. */
  readonly lake: Bucket;
  /** Published segment files. */
  readonly exports: Bucket;
  /** One item per customer. */
  readonly profiles: Table;
  /** One item per stage change of a customer. */
  readonly transitions: Table;
  /** Run records, the lease, CURRENT. */
  readonly runs: Table;

  constructor(scope: Construct, id: string, props: PipelineStorageProps) {
    super(scope, id);
    this.keys = new PipelineKeys(this, 'Keys');
    this.accessLogs = this.logBucket();
    this.lake = this.dataBucket('Lake', lakeRules());
    this.lake.addToResourcePolicy(this.denyOtherKeys());
    this.exports = this.dataBucket('Exports', [
      {
        id: 'publications',
        prefix: 'v1/',
        // latest.json is replaced every night and so outlives its rule as long as nights are run.
        expiration: Duration.days(RETENTION_DAYS.exports),
      },
    ]);
    this.profiles = this.table('Profiles', { partition: 'customer_id' }, props);
    this.transitions = this.table('Transitions', { partition: 'customer_id', sort: 'happened' }, props);
    this.runs = this.table('Runs', { partition: 'pk', sort: 'sk' }, props);
  }

  private dataBucket(id: string, rules: LifecycleRule[]): Bucket {
    return new Bucket(this, id, {
      ...CLOSED,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.keys.data,
      // One request to KMS for many objects.
      bucketKeyEnabled: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      // Undoes an operator's overwrite or delete. Replaced versions go soon: an erased customer must not live on in them.
      versioned: true,
      lifecycleRules: [
        ...rules,
        {
          ...UNFINISHED,
          noncurrentVersionExpiration: Duration.days(RETENTION_DAYS.replaced),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
  }

  private logBucket(): Bucket {
    return new Bucket(this, 'AccessLogs', {
      ...CLOSED,
      // S3 delivers its access logs to buckets of this encryption only.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ ...UNFINISHED, expiration: Duration.days(RETENTION_DAYS.accessLogs) }],
    });
  }

  /** Nobody writes identifiers with another key than theirs, nor without naming it: the bucket's default would be the data key. */
  private denyOtherKeys(): PolicyStatement {
    return new PolicyStatement({
      sid: 'OwnKeyOfPersonalData',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.lake.arnForObjects(`${lakeKeys.piiPrefix}/*`)],
      conditions: { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': this.keys.pii.keyArn } },
    });
  }

  private table(id: string, keys: TableKeys, limits: PipelineStorageProps): Table {
    return new Table(this, id, {
      partitionKey: { name: keys.partition, type: AttributeType.STRING },
      ...(keys.sort ? { sortKey: { name: keys.sort, type: AttributeType.STRING } } : {}),
      billingMode: BillingMode.PAY_PER_REQUEST,
      maxReadRequestUnits: limits.maxReadUnitsPerSecond,
      maxWriteRequestUnits: limits.maxWriteUnitsPerSecond,
      deletionProtection: true,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

function lakeRules(): LifecycleRule[] {
  const scores = GENERATIONS.map((generation) => ({
    id: `scores-g${generation}`,
    prefix: prefixBefore(lakeKeys.result('scores', { generation, dt: ANY_DATE, runId: 'r', shard: 0 }), 'dt='),
    expiration: Duration.days(RETENTION_DAYS.scores),
  }));
  const runs = { id: 'runs', prefix: prefixBefore(lakeKeys.plan('r'), 'r/'), expiration: Duration.days(RETENTION_DAYS.runs) };
  return [...scores, runs];
}

/** The part of a key before `mark`: a prefix that holds every key of its kind. */
function prefixBefore(key: string, mark: string): string {
  return key.slice(0, key.indexOf(mark));
}
