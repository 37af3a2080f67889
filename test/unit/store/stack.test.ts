import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, TransientDependencyError, UsageError } from '../../../lib/errors.ts';
import { describeStack, listStackResources, readDeployedConfig } from '../../../lib/store/stack.ts';

vi.stubEnv('AWS_REGION', 'eu-central-1');

const VALUES = {
  LakeBucket: 'lake',
  ExportsBucket: 'exports',
  ProfilesTable: 'profiles',
  TransitionsTable: 'transitions',
  RunsTable: 'runs',
  MachineArn: 'arn:machine',
  NoticesTopicArn: 'arn:topic',
  PiiKeyArn: 'arn:pii',
};
const stackOf = (StackName: string, changes: Partial<Stack> = {}, values: object = VALUES): Stack => ({
  StackName,
  CreationTime: new Date(0),
  StackStatus: 'UPDATE_COMPLETE',
  Outputs: Object.entries(values).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue: String(OutputValue) })),
  ...changes,
});
const refusal = (name: string, message = 'User: arn:aws:iam::1:user/x is not authorized') =>
  Object.assign(new Error(message), { name, $metadata: {} });

const aws = mockClient(CloudFormationClient);
beforeEach(() => aws.reset());
afterAll(() => {
  aws.restore();
  vi.unstubAllEnvs();
});
const asked = () => describeStack('Shop').catch((error: unknown) => error as Error);

describe('describeStack', () => {
  it('gives the places of a stack, also while it is updated', async () => {
    aws.on(DescribeStacksCommand, { StackName: 'Shop' }).resolves({
      Stacks: [stackOf('Shop', { StackStatus: 'UPDATE_IN_PROGRESS' })],
    });
    expect(await describeStack('Shop')).toEqual({
      stackName: 'Shop',
      status: 'UPDATE_IN_PROGRESS',
      region: 'eu-central-1',
      lakeBucket: 'lake',
      exportsBucket: 'exports',
      profilesTable: 'profiles',
      transitionsTable: 'transitions',
      runsTable: 'runs',
      machineArn: 'arn:machine',
      noticesTopicArn: 'arn:topic',
      piiKeyArn: 'arn:pii',
    });
  });

  it('names the pipelines that there are when there is none of the name, on whatever page they stand', async () => {
    aws.on(DescribeStacksCommand).resolves({ Stacks: [stackOf('Website', {}, { Url: 'x' }), stackOf('Shop2')], NextToken: 'n' });
    aws.on(DescribeStacksCommand, { NextToken: 'n' }).resolves({ Stacks: [stackOf('Shop1')] });
    aws.on(DescribeStacksCommand, { StackName: 'Shop' }).rejects(refusal('ValidationError', 'Stack with id Shop does not exist'));
    const error = await asked();
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(
      /^Stack Shop: there is none in eu-central-1, .* Pipelines here: Shop1, Shop2\. Correct the name/,
    );
    aws.on(DescribeStacksCommand, { NextToken: 'n' }).rejects(refusal('AccessDenied'));
    expect(((await asked()) as Error).message).toContain('that cdk deploy made. Correct the name');
  });

  it.each([
    ['is no pipeline', stackOf('Shop', {}, { Url: 'x' }), /no pipeline of Perennial \(no outputs LakeBucket, /],
    ['is of another version', stackOf('Shop', {}, { ...VALUES, PiiKeyArn: undefined }), /^$/],
    ['is being created', stackOf('Shop', { StackStatus: 'CREATE_IN_PROGRESS', Outputs: [] }), /Wait for cdk deploy to end/],
    [
      'was rolled back',
      stackOf('Shop', { StackStatus: 'ROLLBACK_COMPLETE', StackStatusReason: 'Key\nrefused' }),
      /ROLLBACK_COMPLETE \(Key refused\), expected a deployed one\. .* delete the stack/,
    ],
    ['is being deleted', stackOf('Shop', { StackStatus: 'DELETE_IN_PROGRESS' }), /Deploy it again when it is gone/],
  ])('says so when the stack %s', async (what, stack, says) => {
    const kept = { ...stack, Outputs: (stack.Outputs ?? []).filter(({ OutputValue }) => OutputValue !== 'undefined') };
    aws.on(DescribeStacksCommand).resolves({ Stacks: [kept] });
    const error = (await asked()) as Error;
    expect(error).toBeInstanceOf(what === 'is no pipeline' ? UsageError : ConfigError);
    expect(error.message).toMatch(what === 'is of another version' ? /has no output PiiKeyArn, .* deploy it again/ : says);
  });

  it.each([
    [
      refusal('CredentialsProviderError', 'Could not load credentials from any providers'),
      ConfigError,
      /aws configure .* AWS_PROFILE/,
    ],
    [refusal('ExpiredToken'), ConfigError, /the credentials ran out \(ExpiredToken\).*aws sso login/],
    [
      refusal('CredentialsProviderError', 'Token is expired. To refresh this SSO session run aws sso login'),
      ConfigError,
      /ran out/,
    ],
    [refusal('InvalidClientTokenId'), ConfigError, /AWS does not know the credentials/],
    [refusal('Error', 'Region is missing'), ConfigError, /Set AWS_REGION/],
    [refusal('Error', 'Region not accepted: region=""'), ConfigError, /Set AWS_REGION/],
    [refusal('AccessDenied'), ConfigError, /^Stack Shop: cloudformation:DescribeStacks is denied \(User: .*not authorized\)/],
    [refusal('TimeoutError', 'connect ETIMEDOUT'), TransientDependencyError, /DescribeStacks failed with TimeoutError/],
    [
      Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND' }),
      TransientDependencyError,
      /not reached \(getaddrinfo ENOTFOUND nowhere\), .* AWS_REGION/,
    ],
    [refusal('ValidationError', "1 validation error: 'stackName'"), UsageError, /Correct the name/],
  ])('tells what to do about %s', async (thrown, kind, says) => {
    aws.on(DescribeStacksCommand).rejects(thrown);
    const error = (await asked()) as Error;
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('\n');
  });
});

describe('listStackResources', () => {
  it('reads every page', async () => {
    const one = (id: string) => ({
      LogicalResourceId: id,
      ResourceType: 'AWS::S3::Bucket',
      PhysicalResourceId: `b-${id}`,
      ResourceStatus: 'CREATE_COMPLETE' as const,
      LastUpdatedTimestamp: new Date(0),
    });
    aws.on(ListStackResourcesCommand).resolves({ StackResourceSummaries: [one('A')], NextToken: 'n' });
    aws.on(ListStackResourcesCommand, { NextToken: 'n' }).resolves({ StackResourceSummaries: [one('B')] });
    const found = await listStackResources('Shop');
    expect(found.map(({ logicalId, physicalId }) => [logicalId, physicalId])).toEqual([
      ['A', 'b-A'],
      ['B', 'b-B'],
    ]);
  });
});

describe('readDeployedConfig', () => {
  const template = (variables: object) =>
    JSON.stringify({ Resources: { Topic: { Type: 'T' }, Open: { Properties: { Environment: { Variables: variables } } } } });

  it('finds the configuration in the template, and says so where it is not told', async () => {
    aws.on(GetTemplateCommand).resolves({ TemplateBody: template({ DEPLOYED_CONFIG: '{"currency":"EUR"}' }) });
    expect(await readDeployedConfig('Shop')).toBe('{"currency":"EUR"}');
    aws.on(GetTemplateCommand).resolves({ TemplateBody: template({ LAKE_URL: 's3://lake' }) });
    await expect(readDeployedConfig('Shop')).rejects.toThrow(/does not tell the configuration/);
    aws.on(GetTemplateCommand).rejects(refusal('AccessDenied'));
    await expect(readDeployedConfig('Shop')).rejects.toThrow(/cloudformation:GetTemplate is denied/);
  });
});
