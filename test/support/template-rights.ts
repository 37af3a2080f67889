/**
 * The rights of a synthesised template in words: who may do what with what. Names are those of docs/security.md, so that its
 * tables and the template can be compared.
 */

/** One action on one resource, `only` under a condition ('' without one). */
export interface Right {
  readonly who: string;
  readonly action: string;
  readonly resource: string;
  readonly only: string;
}

type Json = Readonly<Record<string, unknown>>;
interface Resource {
  readonly Type: string;
  readonly Properties: Json;
}
interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Json>>;
  readonly Principal?: unknown;
}

/** Names of the resources whose logical id says less. */
const NAMES: Readonly<Record<string, string>> = {
  StorageLake: 'lake',
  StorageExports: 'exports',
  StorageAccessLogs: 'access-logs',
  StorageProfiles: 'profiles',
  StorageTransitions: 'transitions',
  StorageRuns: 'runs',
  StorageKeysData: 'data-key',
  StorageKeysPii: 'pii-key',
  Notices: 'notices',
  Machine: 'machine',
  MachineRole: 'machine',
  ScheduleDeadLetters: 'dead-letters',
  NightWatchFunctionrole: 'watch-night',
  ExecutionFailuresRule: 'rule execution-failures',
};

/** A template's resources by logical id, with a name for each. */
class Named {
  readonly resources: Readonly<Record<string, Resource>>;
  readonly #names = new Map<string, string>();

  constructor(template: unknown) {
    this.resources = (template as { Resources: Record<string, Resource> }).Resources;
    for (const id of Object.keys(this.resources)) {
      const plain = id.replace(/^Pipeline/, '').replace(/[0-9A-F]{8}$/, '');
      this.#names.set(id, NAMES[plain] ?? plain);
    }
    for (const [id, { Properties: own }] of this.of('AWS::Lambda::Function')) {
      const variables = (own['Environment'] as { Variables: Record<string, string> } | undefined)?.Variables;
      const step = variables?.['PERENNIAL_STEP'];
      const role = targetOf(own['Role']);
      if (step !== undefined) this.#names.set(role, step);
      this.#names.set(id, `function ${this.name(role)}`);
      const group = targetOf((own['LoggingConfig'] as Json | undefined)?.['LogGroup']);
      if (group !== '') this.#names.set(group, 'own log group');
    }
    for (const [, { Properties: own }] of this.of('AWS::Scheduler::Schedule')) {
      const target = own['Target'] as Json;
      this.#names.set(targetOf(target['RoleArn']), `scheduler of ${this.name(targetOf(target['Arn'])).replace('function ', '')}`);
    }
  }

  of(type: string): [string, Resource][] {
    return Object.entries(this.resources).filter(([, { Type }]) => Type === type);
  }

  name(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** A value of a statement as text: tokens by the names of their resources. */
  text(value: unknown): string {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const { Ref, 'Fn::GetAtt': get, 'Fn::Join': join } = value as Json;
    if (typeof Ref === 'string') return this.#reference(Ref);
    if (Array.isArray(get)) return this.name(String(get[0]));
    if (Array.isArray(join)) return this.#arn((join[1] as unknown[]).map((part) => this.text(part)).join(String(join[0])));
    return JSON.stringify(value);
  }

  #reference(name: string): string {
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::Partition': 'aws',
      'AWS::Region': 'REGION',
      'AWS::AccountId': 'ACCOUNT',
    };
    return pseudo[name] ?? this.name(name);
  }

  /** An ARN without what every ARN of this account and region has. */
  #arn(text: string): string {
    const short = text.replace(/^arn:aws:(s3::|iam::ACCOUNT|[a-z]+:REGION:ACCOUNT):/, '');
    // The pipeline's own name, with which the names of its alarms begin.
    return short.replace(/^alarm:.*-[0-9A-F]{8}-/, 'alarm:PIPELINE-');
  }
}

function targetOf(value: unknown): string {
  const { Ref, 'Fn::GetAtt': get } = (value ?? {}) as Json;
  return typeof Ref === 'string' ? Ref : Array.isArray(get) ? String(get[0]) : '';
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** What the roles of a template may do. */
export function rightsOfRoles(template: unknown): Right[] {
  const named = new Named(template);
  return named.of('AWS::IAM::Policy').flatMap(([, { Properties }]) => {
    const { Statement: statements } = Properties['PolicyDocument'] as { Statement: Statement[] };
    return list(Properties['Roles']).flatMap((role) =>
      statements.flatMap((statement) => explain(named, named.name(targetOf(role)), statement)),
    );
  });
}

/** Types of resources with a policy of their own: the property that holds it, and the one that says of what it is. */
const POLICIES: readonly (readonly [type: string, document: string, of: string])[] = [
  ['AWS::S3::BucketPolicy', 'PolicyDocument', 'Bucket'],
  ['AWS::SNS::TopicPolicy', 'PolicyDocument', 'Topics'],
  ['AWS::SQS::QueuePolicy', 'PolicyDocument', 'Queues'],
  ['AWS::KMS::Key', 'KeyPolicy', ''],
  ['AWS::IAM::Role', 'AssumeRolePolicyDocument', ''],
];

/** What buckets, keys, topics, queues, functions and roles allow and deny others: `who` begins with the effect. */
export function rightsOfResources(template: unknown): Right[] {
  const named = new Named(template);
  const policies = POLICIES.flatMap(([type, document, of]) =>
    named.of(type).flatMap(([id, { Properties }]) => {
      const { Statement: statements } = Properties[document] as { Statement: Statement[] };
      const owner = named.name(of === '' ? id : targetOf(list(Properties[of])[0]));
      return statements.flatMap((statement) =>
        principals(named, statement.Principal).flatMap((who) =>
          explain(
            named,
            `${statement.Effect.toLowerCase()} ${who}`,
            of === '' ? { ...statement, Resource: type === 'AWS::IAM::Role' ? `role ${owner}` : owner } : statement,
          ),
        ),
      );
    }),
  );
  const permissions = named.of('AWS::Lambda::Permission').map(([, { Properties: own }]) => ({
    who: `allow ${String(own['Principal']).replace(/\.amazonaws\.com$/, '')}`,
    action: String(own['Action']),
    resource: named.text(own['FunctionName']),
    only: own['SourceArn'] === undefined ? '' : `aws:SourceArn ArnLike ${named.text(own['SourceArn'])}`,
  }));
  return [...policies, ...permissions];
}

/** Rights in forms that the two functions above do not read: none is expected. */
export function otherRights(template: unknown): string[] {
  const named = new Named(template);
  const roles = named.of('AWS::IAM::Role').filter(([, { Properties: own }]) => own['ManagedPolicyArns'] ?? own['Policies']);
  const policies = ['AWS::IAM::ManagedPolicy', 'AWS::IAM::UserPolicy', 'AWS::IAM::GroupPolicy', 'AWS::IAM::RolePolicy'];
  const odd = /"(NotAction|NotResource|NotPrincipal)":/.exec(JSON.stringify(named.resources));
  return [
    ...roles.map(([id]) => `role ${named.name(id)}: policies in the role itself`),
    ...policies.flatMap((type) => named.of(type).map(([id]) => `${id}: a policy of type ${type}`)),
    ...(odd ? [`a statement with ${odd[1]}`] : []),
  ];
}

function principals(named: Named, principal: unknown): string[] {
  if (principal === '*') return ['everyone'];
  return Object.values(principal as Json).flatMap((values) =>
    list(values).map((value) => {
      const text = named.text(value);
      return text === '*' ? 'everyone' : text === 'root' ? 'account' : text.replace(/\.amazonaws\.com$/, '');
    }),
  );
}

function explain(named: Named, who: string, statement: Statement): Right[] {
  if (statement.Effect !== 'Allow' && !who.startsWith('deny ')) {
    throw new Error(`Statement of ${who}: effect ${statement.Effect}, expected Allow.`);
  }
  const only = Object.entries(statement.Condition ?? {})
    .flatMap(([operator, tests]) =>
      Object.entries(tests).map(([name, value]) => {
        const values = list(value).map((one) => named.text(one).replace('.REGION.amazonaws.com', ''));
        return `${name} ${operator} ${values.toSorted().join(', ')}`;
      }),
    )
    .toSorted()
    .join('; ');
  const resources = list(statement.Resource).map((resource) => named.text(resource));
  return list(statement.Action).flatMap((action) =>
    resources.map((resource) => ({ who, action: String(action), resource, only })),
  );
}

/** A right as one line. */
export function lineOf({ who, action, resource, only }: Right): string {
  return `${who} | ${action} | ${resource} | ${only}`;
}

/** The rights of a table of a page: its cells have one or more code spans each. @param heading of the section */
export function rightsOfPage(page: string, heading: string): Right[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const cells = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
  return [...section.matchAll(/^\| (`.*) \|$/gm)].flatMap(([, row = '']) => {
    const [who, actions, resources, only] = row.split(' | ').map(cells);
    return (who ?? []).flatMap((one) =>
      (actions ?? []).flatMap((action) =>
        (resources ?? []).map((resource) => ({ who: one, action, resource, only: only?.join('; ') ?? '' })),
      ),
    );
  });
}
