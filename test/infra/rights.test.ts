import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { pipelineTemplate } from '../support/pipeline-template.ts';
import { recordNights } from '../support/recorded-nights.ts';
import type { Access } from '../support/recorded-rights.ts';
import { lineOf, otherRights, type Right, rightsOfPage, rightsOfResources, rightsOfRoles } from '../support/template-rights.ts';

type Template = Record<string, Record<string, { Type: string; Properties: Record<string, unknown> }>>;
interface Statement {
  Action: unknown;
  Resource: unknown;
}

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const template = pipelineTemplate().toJSON() as Template;

/** What the template grants and docs/security.md does not tell, and the other way round. */
function findDifferences(found: unknown): string[] {
  const compare = (granted: readonly Right[], told: readonly Right[]) => {
    const [here, there] = [new Set(granted.map(lineOf)), new Set(told.map(lineOf))];
    return [
      ...[...here].filter((line) => !there.has(line)).map((line) => `not told: ${line}`),
      ...[...there].filter((line) => !here.has(line)).map((line) => `not granted: ${line}`),
    ];
  };
  return [
    ...compare(rightsOfRoles(found), rightsOfPage(page, 'Rights of the roles')),
    ...compare(rightsOfResources(found), rightsOfPage(page, 'What others may')),
    ...otherRights(found),
  ];
}

describe('docs/security.md', () => {
  it('tells every right of the template and no other', () => {
    expect(findDifferences(template)).toEqual([]);
  });

  const statementsIn = (found: Template, part: string): Statement[] => {
    const policies = Object.entries(found['Resources'] ?? {}).filter(([id]) => id.includes(part));
    return policies.flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement);
  };
  /** The template with a statement of score-shard's role changed, and what is found then. */
  const findWidened = (action: string, change: (statement: Statement) => void): string[] => {
    const copy = structuredClone(template);
    const statements = statementsIn(copy, 'scoreshardroleDefaultPolicy');
    change(statements.find(({ Action }) => [Action].flat().includes(action)) as Statement);
    return findDifferences(copy);
  };
  const lake = (pattern: string, { Resource }: Statement) => {
    const [bucket] = (Resource as { 'Fn::Join': [string, unknown[]] }[])[0]?.['Fn::Join'][1] ?? [];
    return { 'Fn::Join': ['', [bucket, pattern]] };
  };

  it.each<[string, string, (statement: Statement) => object, RegExp]>([
    ['s3:*', 's3:GetObject', () => ({ Action: 's3:*' }), /^not told: score-shard \| s3:\* \| lake\//],
    ['a bare * as resource', 's3:GetObject', () => ({ Resource: '*' }), /^not told: score-shard \| s3:GetObject \| \* \| $/],
    [
      'a broader prefix',
      's3:GetObject',
      (statement) => ({ Resource: [...[statement.Resource].flat(), lake('/g=*', statement)] }),
      /^not told: score-shard \| s3:GetObject \| lake\/g=\* \| $/,
    ],
    [
      'a further table',
      'dynamodb:UpdateItem',
      ({ Resource }) => ({ Resource: [Resource, { 'Fn::GetAtt': [tableNamed('Profiles'), 'Arn'] }] }),
      /^not told: score-shard \| dynamodb:UpdateItem \| profiles \| $/,
    ],
    ['a condition less', 'kms:Decrypt', () => ({ Condition: {} }), /^not told: score-shard \| kms:Decrypt \| data-key \| $/],
    ['NotResource', 's3:GetObject', () => ({ NotResource: '*' }), /^a statement with NotResource$/],
  ])('shows a statement that is widened by %s', (_, action, change, finding) => {
    const found = findWidened(action, (statement) => Object.assign(statement, change(statement)));
    expect(found).toContainEqual(expect.stringMatching(finding));
  });

  it('shows a managed policy, a policy in a role, and a bucket that lets others in', () => {
    const copy = structuredClone(template);
    const resources = copy['Resources'] ?? {};
    const roles = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    Object.assign(roles[0]?.Properties ?? {}, { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] });
    Object.assign(roles[1]?.Properties ?? {}, { Policies: [{}] });
    const everyone = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 's3:GetObject', Resource: '*' };
    resources['Planted'] = {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { Bucket: { Ref: 'Planted' }, PolicyDocument: { Statement: [everyone] } },
    };
    expect(findDifferences(copy)).toEqual([
      'not told: allow everyone | s3:GetObject | * | ',
      'role open-run: policies in the role itself',
      'role plan-run: policies in the role itself',
    ]);
  });

  const tableNamed = (part: string) =>
    Object.entries(template['Resources'] ?? {}).find(
      ([id, { Type }]) => Type === 'AWS::DynamoDB::Table' && id.includes(part),
    )?.[0];
});

/** Rights that no recorded night uses, each with the reason. */
const UNUSED: readonly (readonly [RegExp, string])[] = [
  [/\| s3:AbortMultipartUpload \|/, 'only objects above 16 MB are uploaded in parts; what failed is given up'],
  [/\| (logs|xray|sqs):/, 'used by Lambda itself, not by the code of a step'],
  [
    /s3:ListBucket .* s3:prefix Null true$/,
    'a large object is looked for before it is written, and a lost one is told as missing',
  ],
];

describe('rights of the steps', () => {
  let accesses: Access[];
  const dropsBuckets = [{ name: 'drops', keyArn: 'drops-key' }];
  const rights = rightsOfRoles(pipelineTemplate({ Pipeline: { dropsBuckets } }).toJSON());

  beforeAll(async () => {
    accesses = await recordNights();
  }, 60_000);

  it('hold no wildcard action, no delete of objects, no scan', () => {
    const actions = rights.map(({ action }) => action);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).not.toContain('s3:DeleteObject');
    expect(actions).not.toContain('dynamodb:Scan');
  });

  it('let ingest-drop and fold-shard alone use the key of identifiers', () => {
    const users = rights.filter(({ resource }) => resource === 'pii-key').map(({ who }) => who);
    expect([...new Set(users)]).toEqual(['ingest-drop', 'fold-shard']);
  });

  it('allow everything that the steps do', () => {
    const refused = accesses.filter((access) => !rights.some((right) => allows(right, access)));
    expect(
      refused.map(({ step, action, resource, context }) => `${step} ${action} ${resource} ${JSON.stringify(context)}`),
    ).toEqual([]);
  });

  it('allow nothing that they do not do', () => {
    const steps = new Set(accesses.map(({ step }) => step as string));
    const unused = rights.filter((right) => steps.has(right.who) && !accesses.some((access) => allows(right, access)));
    const lines = unused.map(lineOf);
    expect(lines.filter((line) => !UNUSED.some(([pattern]) => pattern.test(line)))).toEqual([]);
    expect(UNUSED.filter(([pattern]) => !lines.some((line) => pattern.test(line)))).toEqual([]);
  });
});

/** What IAM would say. */
function allows(right: Right, { step, action, resource, context }: Access): boolean {
  if (right.who !== step || right.action !== action || !matches(right.resource, resource)) return false;
  return right.only === '' || right.only.split('; ').every((test) => holds(test, context));
}

function holds(test: string, context: Access['context']): boolean {
  const [key = '', operator = '', ...rest] = test.split(' ');
  const values = rest.join(' ').split(', ');
  const found = context[key];
  if (operator === 'Null') return (found === undefined) === (values[0] === 'true');
  if (operator === 'StringLikeIfExists') return found === undefined || values.some((value) => matches(value, found));
  if (operator === 'StringEquals') return found !== undefined && values.includes(found);
  throw new Error(`Condition ${test}: unknown operator, expected one that the steps' roles use.`);
}

/** A pattern of IAM, in which `*` is any text. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
