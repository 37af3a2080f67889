import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SEGMENTS } from '../../lib/config/default-segments.ts';
import { STEPS } from '../../lib/keys.ts';
import { pipelineTemplate } from '../support/pipeline-template.ts';

/** Synthesis takes a second, on a busy machine more. */
const SYNTH_MS = 60_000;

const template = pipelineTemplate({ Pipeline: { config: { timeZone: 'Asia/Shanghai', currency: 'CNY' } } });
const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);

describe('functions', () => {
  it('are one for each step, named to the local interpreter', () => {
    const named = functions.map((it) => it.Environment.Variables.PERENNIAL_STEP as string);
    expect(named.toSorted()).toEqual(STEPS.toSorted());
  });

  it('run on Node 24 and arm64 for at most 900 s', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 900,
      Handler: 'index.handler',
    });
  });

  it('get names, URLs and ARNs', () => {
    for (const { Environment } of functions) {
      expect(Object.keys(Environment.Variables)).toEqual(
        expect.arrayContaining([
          'LAKE_URL',
          'EXPORTS_URL',
          'PROFILES_TABLE',
          'TRANSITIONS_TABLE',
          'RUNS_TABLE',
          'NOTIFY_TOPIC_ARN',
        ]),
      );
    }
  });

  it('leave the scoring configuration to open-run, as it was given', () => {
    const configured = functions.filter((it) => it.Environment.Variables.PERENNIAL_CONFIG !== undefined);
    expect(configured.map((it) => it.Environment.Variables.PERENNIAL_STEP)).toEqual(['open-run']);
    expect(JSON.parse(configured[0]?.Environment.Variables.PERENNIAL_CONFIG)).toEqual({
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
    });
  });

  it('log to groups of their own that do not grow for ever', () => {
    const groups = functions.map((it) => it.LoggingConfig.LogGroup.Ref);
    expect(new Set(groups).size).toBe(STEPS.length);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });
});

describe('rights', () => {
  const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[],
  );
  const actions = statements.flatMap(({ Action }) => Action);

  it('hold no wildcard action, no delete of objects, no scan', () => {
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).not.toContain('s3:DeleteObject');
    expect(actions).not.toContain('dynamodb:Scan');
  });

  it('let every step tell a missing object from a forbidden one', () => {
    expect(actions.filter((action) => action === 's3:ListBucket').length).toBeGreaterThanOrEqual(STEPS.length);
  });
});

describe('machine', () => {
  it('ends by itself, is traced, and logs no data', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
  });
});

describe('topic and queue', () => {
  it('accept TLS only', () => {
    const tlsOnly = (action: string) => ({
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: action, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', tlsOnly('sns:Publish'));
    template.hasResourceProperties('AWS::SQS::QueuePolicy', tlsOnly('sqs:*'));
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });
});

describe('PerennialPipeline', () => {
  it('stands twice in one stack, with no fixed physical name', { timeout: SYNTH_MS }, () => {
    const two = pipelineTemplate({ Shop: {}, Outlet: { config: { timeZone: 'Europe/Paris' } } });
    two.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    two.resourceCountIs('AWS::DynamoDB::Table', 6);
    const fixed = Object.entries(two.toJSON()['Resources'] as Record<string, { Properties?: Record<string, unknown> }>).flatMap(
      ([id, { Properties = {} }]) => NAMING.filter((name) => typeof Properties[name] === 'string').map((name) => `${id}.${name}`),
    );
    expect(fixed).toEqual([]);
  });

  it('refuses a wrong scoring configuration and an unknown time zone', { timeout: SYNTH_MS }, () => {
    expect(() => pipelineTemplate({ Pipeline: { config: { shard: 4 } } })).toThrow(/"?shard"?/);
    expect(() => pipelineTemplate({ Pipeline: { schedule: { timeZone: 'Mars/Olympus' } } })).toThrow(/Mars\/Olympus.*IANA/);
  });

  it('refuses a scoring configuration that no Lambda variable can hold', { timeout: SYNTH_MS }, () => {
    const segments = Array.from({ length: 31 }, (_, index) => ({ ...DEFAULT_SEGMENTS[0], id: `segment_${index}` }));
    expect(() => pipelineTemplate({ Pipeline: { config: { segments } } })).toThrow(/bytes as JSON, expected at most 3000/);
  });
});

/** Properties by which a resource of this stack would get a name of its own. */
const NAMING = [
  'BucketName',
  'TableName',
  'FunctionName',
  'StateMachineName',
  'TopicName',
  'QueueName',
  'LogGroupName',
  'RoleName',
  'Name',
];
