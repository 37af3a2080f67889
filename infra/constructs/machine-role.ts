import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/** None of these knows resources: they are about the account's deliveries and its traces. */
const ACCOUNT_WIDE = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];

/**
 * The role of the machine. The CDK would let it invoke every version of the functions; the definition names none, so the functions
 * alone are enough. To be given to the machine by `withoutPolicyUpdates()`.
 */
export function machineRole(scope: Construct, id: string, functions: readonly IFunction[]): Role {
  const machines = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': machines } },
    }),
  });
  const allow = (actions: string[], resources: string[]) =>
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  allow(
    ['lambda:InvokeFunction'],
    functions.map(({ functionArn }) => functionArn),
  );
  allow(ACCOUNT_WIDE, ['*']);
  return role;
}

/** Lets the machine run the items of its Maps, which are executions of its own. */
export function allowOwnExecutions(scope: Construct, id: string, role: Role, machine: StateMachine): void {
  const executions = (suffix: string) =>
    Stack.of(scope).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${machine.stateMachineName}${suffix}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  // The CDK's own, which `withoutPolicyUpdates()` leaves without a role.
  machine.node.tryRemoveChild('DistributedMapPolicy');
  new Policy(scope, id, {
    roles: [role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
      new PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: [executions(':*')] }),
      // An item of a Map that is redriven: <machine>/<label of the Map>:<execution>.
      new PolicyStatement({ actions: ['states:RedriveExecution'], resources: [executions('/*:*')] }),
    ],
  });
}
