import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { lakeKeys } from '../../lib/keys.ts';
import { formatDay } from '../../lib/time.ts';

/** Days for which kept files live. Books, states and indexes keep month ends, which no prefix can tell: `compact` prunes them. */
const RETENTION_DAYS = { scores: 400, runs: 30, exports: 14, replaced: 14, unfinishedUploads: 2 } as const;

/** Generations whose scores expire: S3 knows no wildcard in a prefix, and a rule for an unused generation costs nothing. */
const GENERATIONS = Array.from({ length: 10 }, (_, generation) => generation);

/** Any date: only what stands before it in a key is used. */
const ANY_DATE = formatDay(0);

/** A partition key, and a sort key where an id has several items. All are strings. */
interface TableKeys {
  readonly partition: string;
  readonly sort?: string;
}

/** The state of a pipeline: two buckets and three tables. All of it outlives the stack. */
export class PipelineStorage extends Construct {
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

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.lake = this.bucket('Lake', lakeRules());
    this.exports = this.bucket('Exports', [
      {
        id: 'publications',
        prefix: 'v1/',
        // latest.json is replaced every night and so outlives its rule as long as nights are run.
        expiration: Duration.days(RETENTION_DAYS.exports),
      },
    ]);
    this.profiles = this.table('Profiles', { partition: 'customer_id' });
    this.transitions = this.table('Transitions', { partition: 'customer_id', sort: 'happened' });
    this.runs = this.table('Runs', { partition: 'pk', sort: 'sk' });
  }

  private bucket(id: string, rules: LifecycleRule[]): Bucket {
    return new Bucket(this, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      // Undoes an operator's overwrite or delete. Replaced versions go soon: an erased customer must not live on in them.
      versioned: true,
      lifecycleRules: [
        ...rules,
        {
          id: 'leftovers',
          abortIncompleteMultipartUploadAfter: Duration.days(RETENTION_DAYS.unfinishedUploads),
          noncurrentVersionExpiration: Duration.days(RETENTION_DAYS.replaced),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
  }

  private table(id: string, keys: TableKeys): Table {
    return new Table(this, id, {
      partitionKey: { name: keys.partition, type: AttributeType.STRING },
      ...(keys.sort ? { sortKey: { name: keys.sort, type: AttributeType.STRING } } : {}),
      billingMode: BillingMode.PAY_PER_REQUEST,
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
