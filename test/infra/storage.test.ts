import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { TABLES, type TableDefinition } from '../../lib/store/table-definitions.ts';
import { pipelineTemplate } from '../support/pipeline-template.ts';

const template = pipelineTemplate();

describe('buckets', () => {
  const buckets = Object.entries(template.findResources('AWS::S3::Bucket'));

  it('are two, and outlive the stack', () => {
    expect(buckets).toHaveLength(2);
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('are encrypted, versioned and closed to the public', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      VersioningConfiguration: { Status: 'Enabled' },
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
    template.allResourcesProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          {
            Id: 'leftovers',
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
            NoncurrentVersionExpiration: { NoncurrentDays: 14 },
            ExpiredObjectDeleteMarker: true,
          },
        ]),
      },
    });
  });

  it('expire scores after 400 days, run files after 30, publications after 14, and nothing else', () => {
    const rules = buckets.flatMap(([, { Properties }]) => Properties.LifecycleConfiguration.Rules);
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
