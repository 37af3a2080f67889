import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { TABLES, type TableDefinition } from '../../lib/store/table-definitions.ts';
import { pipelineTemplate } from '../support/pipeline-template.ts';

const template = pipelineTemplate();

describe('buckets', () => {
  const buckets = Object.entries(template.findResources('AWS::S3::Bucket'));
  const logs = buckets.find(([id]) => id.includes('AccessLogs'));
  const [dataKey] = keyNamed('Data');

  it('are lake, exports and their access logs, and outlive the stack', () => {
    expect(buckets).toHaveLength(3);
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it.each(['Lake', 'Exports'])('keep versions, have the data key and log who used them (%s)', (name) => {
    const [, { Properties = {} } = {}] = buckets.find(([id]) => id.includes(`Storage${name}`)) ?? [];
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [dataKey, 'Arn'] } },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LoggingConfiguration: { DestinationBucketName: { Ref: logs?.[0] }, LogFilePrefix: `${name.toLowerCase()}/` },
    });
  });

  it('keep access logs for 90 days, encrypted as S3 can deliver them', () => {
    expect(logs?.[1]['Properties']).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90, Status: 'Enabled' }] },
    });
  });

  it('refuse identifiers that are not written with their own key', () => {
    const [piiKey] = keyNamed('Pii');
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:PutObject',
            Resource: { 'Fn::Join': ['', [Match.anyValue(), '/pii/*']] },
            Condition: {
              StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': { 'Fn::GetAtt': [piiKey, 'Arn'] } },
            },
          }),
        ]),
      },
    });
  });

  it('are closed to the public', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it.each(buckets.map(([id]) => id))('refuse what is not TLS 1.2 (%s)', (id) => {
    const deny = (condition: object) =>
      Match.objectLike({ Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' }, Condition: condition });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id },
      PolicyDocument: {
        Statement: Match.arrayWith([
          deny({ Bool: { 'aws:SecureTransport': 'false' } }),
          deny({ NumericLessThan: { 's3:TlsVersion': 1.2 } }),
        ]),
      },
    });
  });

  it('keep replaced versions for 14 days and unfinished uploads for 2', () => {
    const leftovers = buckets.map(([id, { Properties }]) => [
      id === logs?.[0],
      Properties.LifecycleConfiguration.Rules.find(({ Id }: { Id: string }) => Id === 'leftovers'),
    ]);
    for (const [isLog, rule] of leftovers) {
      expect(rule).toMatchObject({ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } });
      if (isLog) continue;
      expect(rule).toMatchObject({ NoncurrentVersionExpiration: { NoncurrentDays: 14 }, ExpiredObjectDeleteMarker: true });
    }
  });

  it('expire scores after 400 days, run files after 30, publications after 14, and nothing else', () => {
    const kept = buckets.filter(([id]) => id !== logs?.[0]);
    const rules = kept.flatMap(([, { Properties }]) => Properties.LifecycleConfiguration.Rules);
    const expiring = rules.filter((rule: { ExpirationInDays?: number }) => rule.ExpirationInDays !== undefined);
    const days = Object.fromEntries(
      expiring.map((rule: { Prefix: string; ExpirationInDays: number }) => [rule.Prefix, rule.ExpirationInDays]),
    );
    expect(days).toEqual({
      ...Object.fromEntries(Array.from({ length: 10 }, (_, generation) => [`g=${generation}/scores/`, 400])),
      'runs/': 30,
      'v1/': 14,
    });
  });
});

describe('keys', () => {
  it('are two, rotate, and outlive the stack', () => {
    template.resourceCountIs('AWS::KMS::Key', 2);
    template.allResources('AWS::KMS::Key', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.allResourcesProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  it('encrypt the notices with the data key, and tell the functions that of identifiers', () => {
    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [keyNamed('Data')[0], 'Arn'] } });
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ PII_KEY_ARN: { 'Fn::GetAtt': [keyNamed('Pii')[0], 'Arn'] } }) },
    });
  });
});

describe('tables', () => {
  it('are three, outlive the stack and cannot be deleted by accident', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', 3);
    template.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  });

  it('are on demand, encrypted and restorable to any second', () => {
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it.each(Object.entries(TABLES))('have the keys that the code reads and writes by (%s)', (name, keys: TableDefinition) => {
    const tables = Object.entries(template.findResources('AWS::DynamoDB::Table'));
    const found = tables.find(([id]) => id.toLowerCase().includes(`storage${name}`));
    const { KeySchema, AttributeDefinitions } = found?.[1]['Properties'] ?? {};
    const names = [keys.partitionKey, ...(keys.sortKey ? [keys.sortKey] : [])];
    expect(KeySchema.map((key: { AttributeName: string }) => key.AttributeName)).toEqual(names);
    expect(AttributeDefinitions).toEqual(names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })));
  });
});

function keyNamed(name: string): string[] {
  return Object.keys(template.findResources('AWS::KMS::Key')).filter((id) => id.includes(`Keys${name}`));
}
