import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SEGMENTS } from '../../lib/config/default-segments.ts';
import { STEPS } from '../../lib/keys.ts';
import { pipelineTemplate, TWO } from '../support/pipeline-template.ts';

/** Synthesis takes a second, on a busy machine more. */
const SYNTH_MS = 60_000;

const template = pipelineTemplate({ Pipeline: { config: { timeZone: 'Asia/Shanghai', currency: 'CNY' } } });
const everyFunction = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);
/** Those of the machine: all but the watch over the deadline (test/infra/night-watch.test.ts). */
const functions = everyFunction.filter(({ Environment }) => Environment.Variables.PERENNIAL_STEP !== undefined);

describe('functions', () => {
  it('are one for each step, named to the local interpreter', () => {
    const named = functions.map((it) => it.Environment.Variables.PERENNIAL_STEP as string);
    expect(named.toSorted()).toEqual(STEPS.toSorted());
  });

  it('run on Node 24 and arm64 for at most 900 s', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    expect(functions.map(({ Timeout }) => Timeout)).toEqual(STEPS.map(() => 900));
  });

  it('get names, URLs and ARNs', () => {
    for (const { Environment } of everyFunction) {
      expect(Object.keys(Environment.Variables)).toEqual(
        expect.arrayContaining([
          'LAKE_URL',
          'EXPORTS_URL',
          'PROFILES_TABLE',
          'TRANSITIONS_TABLE',
          'RUNS_TABLE',
          'NOTIFY_TOPIC_ARN',
          'PIPELINE_NAME',
        ]),
      );
    }
  });

  it('are traced, and do not read their source maps at every start', () => {
    for (const { TracingConfig, Environment } of everyFunction) {
      expect(TracingConfig).toEqual({ Mode: 'Active' });
      expect(Environment.Variables).not.toHaveProperty('NODE_OPTIONS');
    }
  });

  it('leave the scoring configuration to open-run, as it was given', () => {
    const configured = functions.filter((it) => it.Environment.Variables.DEPLOYED_CONFIG !== undefined);
    expect(configured.map((it) => it.Environment.Variables.PERENNIAL_STEP)).toEqual(['open-run']);
    expect(JSON.parse(configured[0]?.Environment.Variables.DEPLOYED_CONFIG)).toEqual({
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
    });
  });

  it('log to groups of their own that do not grow for ever', () => {
    const groups = everyFunction.map((it) => it.LoggingConfig.LogGroup.Ref);
    expect(new Set(groups).size).toBe(STEPS.length + 1);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
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

  it('has fail-run told when it dies, and keeps what cannot be told in the one queue', () => {
    const [machine] = Object.keys(template.findResources('AWS::StepFunctions::StateMachine'));
    const [queue] = Object.keys(template.findResources('AWS::SQS::Queue'));
    const variables = { Environment: { Variables: { PERENNIAL_STEP: 'fail-run' } } };
    const [failRun] = Object.keys(template.findResources('AWS::Lambda::Function', { Properties: variables }));
    const target = { Arn: { 'Fn::GetAtt': [failRun, 'Arn'] }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } } };
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['aws.states'], detail: { stateMachineArn: [{ Ref: machine }] } },
      Targets: [Match.objectLike(target)],
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
    const two = pipelineTemplate(TWO);
    two.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    two.resourceCountIs('AWS::DynamoDB::Table', 6);
    const fixed = Object.entries(two.toJSON()['Resources'] as Record<string, { Properties?: Record<string, unknown> }>).flatMap(
      ([id, { Properties = {} }]) => NAMING.filter((name) => typeof Properties[name] === 'string').map((name) => `${id}.${name}`),
    );
    expect(fixed).toEqual([]);
  });

  it('refuses a wrong scoring configuration, an unknown time zone and a deadline after the next start', {
    timeout: SYNTH_MS,
  }, () => {
    expect(() => pipelineTemplate({ Pipeline: { config: { shard: 4 } } })).toThrow(/"?shard"?/);
    expect(() => pipelineTemplate({ Pipeline: { schedule: { timeZone: 'Mars/Olympus' } } })).toThrow(/Mars\/Olympus.*IANA/);
    expect(() => pipelineTemplate({ Pipeline: { schedule: { deadlineMinutes: 1440 } } })).toThrow(/1440, expected 1 to 1380/);
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
