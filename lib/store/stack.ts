import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { ConfigError, UsageError } from '../errors.ts';
import { fromAccount } from './account-error.ts';
import { hasName } from './sdk-error.ts';

/** Where the parts of a deployed pipeline are. */
export interface StackPlaces {
  readonly stackName: string;
  /** CloudFormation's, for example `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly region: string;
  readonly lakeBucket: string;
  readonly exportsBucket: string;
  readonly profilesTable: string;
  readonly transitionsTable: string;
  readonly runsTable: string;
  readonly machineArn: string;
  readonly noticesTopicArn: string;
  /** Key of what lies below `pii/` in the lake. */
  readonly piiKeyArn: string;
}

/** A resource of a stack. */
export interface StackResource {
  readonly logicalId: string;
  /** For example `AWS::Lambda::Function`. */
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
}

/** The stack's output of each place. */
const OUTPUTS = {
  lakeBucket: 'LakeBucket',
  exportsBucket: 'ExportsBucket',
  profilesTable: 'ProfilesTable',
  transitionsTable: 'TransitionsTable',
  runsTable: 'RunsTable',
  machineArn: 'MachineArn',
  noticesTopicArn: 'NoticesTopicArn',
  piiKeyArn: 'PiiKeyArn',
} as const satisfies Partial<Record<keyof StackPlaces, string>>;

type Place = keyof typeof OUTPUTS;

const PLACES = Object.keys(OUTPUTS) as Place[];

/** Stacks whose buckets and tables are not there yet, or no more. An update, also one that failed, leaves them in place. */
const UNUSABLE = /^(CREATE_(IN_PROGRESS|FAILED)|REVIEW_|ROLLBACK_|DELETE_)/;

/** Names of other stacks that a message lists. */
const SHOWN = 10;

interface CloudFormation {
  readonly sdk: typeof import('@aws-sdk/client-cloudformation');
  readonly client: CloudFormationClient;
}

let loading: Promise<CloudFormation> | undefined;

/** Loads the SDK on first use: commands on a home do without it. Endpoint, region and credentials are found as the SDK does. */
function loadCloudFormation(): Promise<CloudFormation> {
  loading ??= import('@aws-sdk/client-cloudformation').then((sdk) => ({ sdk, client: new sdk.CloudFormationClient({}) }));
  return loading;
}

/**
 * Where the parts of a deployed stack are.
 *
 * @throws UsageError when there is no such stack, naming those that there are, or when it is no stack of ours
 * @throws ConfigError when it is of another version, not ready, or not to be asked: credentials, region, rights
 */
export async function describeStack(name: string): Promise<StackPlaces> {
  const stack = await findStack(name);
  const { client } = await loadCloudFormation();
  const region = await client.config.region();
  if (!stack) {
    const others = await pipelinesHere();
    const seen =
      others.length === 0 ? '' : ` Pipelines here: ${others.slice(0, SHOWN).join(', ')}${others.length > SHOWN ? ', ...' : ''}.`;
    throw new UsageError(
      `Stack ${name}: there is none in ${region}, expected one that cdk deploy made.${seen} Correct the name, or set AWS_REGION or AWS_PROFILE.`,
    );
  }
  const status = stack.StackStatus ?? '';
  if (UNUSABLE.test(status)) throw notReady(name, stack);
  const outputs = outputsOf(stack);
  const missing = PLACES.filter((place) => outputs[place] === undefined);
  if (missing.length > 0) {
    const names = missing.map((place) => OUTPUTS[place]).join(', ');
    if (!isPipeline(stack)) {
      throw new UsageError(`Stack ${name}: no pipeline of Perennial (no outputs ${names}), expected one. Correct the name.`);
    }
    throw new ConfigError(`Stack ${name}: has no output ${names}, expected it. It is of another version: deploy it again.`);
  }
  return { ...(outputs as Record<Place, string>), stackName: stack.StackName ?? name, status, region };
}

/** Every resource of a stack. @throws UsageError, ConfigError as `describeStack` */
export async function listStackResources(name: string): Promise<StackResource[]> {
  const { sdk, client } = await loadCloudFormation();
  const found: StackResource[] = [];
  try {
    for await (const page of sdk.paginateListStackResources({ client }, { StackName: name })) {
      for (const one of page.StackResourceSummaries ?? []) {
        found.push({
          logicalId: one.LogicalResourceId ?? '',
          type: one.ResourceType ?? '',
          physicalId: one.PhysicalResourceId ?? '',
          status: one.ResourceStatus ?? '',
        });
      }
    }
  } catch (error) {
    throw fromAccount(error, `Stack ${name}`, 'cloudformation:ListStackResources');
  }
  return found;
}

/**
 * Text of the configuration that a stack was deployed with: it stands in its template, in the environment of open-run.
 *
 * @throws ConfigError when the template does not tell it, or may not be read
 */
export async function readDeployedConfig(name: string): Promise<string> {
  const { sdk, client } = await loadCloudFormation();
  let body: string | undefined;
  try {
    body = (await client.send(new sdk.GetTemplateCommand({ StackName: name }))).TemplateBody;
  } catch (error) {
    throw fromAccount(error, `Stack ${name}`, 'cloudformation:GetTemplate');
  }
  for (const { Properties } of Object.values(resourcesOf(body))) {
    const text = Properties?.Environment?.Variables?.['DEPLOYED_CONFIG'];
    if (typeof text === 'string') return text;
  }
  throw new ConfigError(
    `Stack ${name}: its template does not tell the configuration, expected DEPLOYED_CONFIG of a function. Deploy it again.`,
  );
}

type Resources = Record<string, { Properties?: { Environment?: { Variables?: Record<string, unknown> } } }>;

/** Resources of a template; none of one that is not JSON, as ours always is. */
function resourcesOf(body: string | undefined): Resources {
  try {
    return (JSON.parse(body ?? '{}') as { Resources?: Resources }).Resources ?? {};
  } catch {
    return {};
  }
}

async function findStack(name: string): Promise<Stack | undefined> {
  const { sdk, client } = await loadCloudFormation();
  try {
    return (await client.send(new sdk.DescribeStacksCommand({ StackName: name }))).Stacks?.[0];
  } catch (error) {
    if (hasName(error, 'ValidationError')) {
      const { message } = error as Error;
      if (message.includes('does not exist')) return undefined;
      throw new UsageError(`Stack ${name}: ${message.replaceAll(/\s+/g, ' ')}. Correct the name.`, { cause: error });
    }
    throw fromAccount(error, `Stack ${name}`, 'cloudformation:DescribeStacks');
  }
}

/** Names of the stacks that are pipelines; none where the list may not be read, for it is only a hint. */
async function pipelinesHere(): Promise<string[]> {
  const { sdk, client } = await loadCloudFormation();
  const names: string[] = [];
  try {
    for await (const page of sdk.paginateDescribeStacks({ client }, {})) {
      for (const stack of page.Stacks ?? []) if (isPipeline(stack)) names.push(stack.StackName ?? '');
    }
  } catch {
    return [];
  }
  return names.sort();
}

/** By its machine and its runs table: an older version has not every output of this one. */
const isPipeline = (stack: Stack): boolean => {
  const { machineArn, runsTable } = outputsOf(stack);
  return machineArn !== undefined && runsTable !== undefined;
};

function outputsOf({ Outputs = [] }: Stack): Partial<Record<Place, string>> {
  const byName = new Map(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  return Object.fromEntries(PLACES.map((place) => [place, byName.get(OUTPUTS[place])]));
}

function notReady(name: string, { StackStatus: status = 'CREATE_FAILED', StackStatusReason: reason = '' }: Stack): ConfigError {
  const why = reason === '' ? '' : ` (${reason.replaceAll(/\s+/g, ' ')})`;
  const next = status.startsWith('DELETE_')
    ? 'Deploy it again when it is gone'
    : /^(CREATE_IN_PROGRESS|REVIEW_)/.test(status)
      ? 'Wait for cdk deploy to end'
      : 'Its first deployment failed: delete the stack and deploy again';
  return new ConfigError(`Stack ${name}: ${status}${why}, expected a deployed one. ${next}.`);
}
