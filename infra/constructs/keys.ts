import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** Services that publish to the topic by themselves: budgets and alarms. */
const PUBLISHERS = ['budgets', 'cloudwatch'] as const;

/** The two keys of a pipeline. They outlive the stack, for without them what outlives it cannot be read. */
export class PipelineKeys extends Construct {
  /** Lake, exports and notices. */
  readonly data: Key;
  /** What lies below `pii/` in the lake: who may not use it cannot read identifiers, whatever else it may read. */
  readonly pii: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.data = this.key('Data', 'Perennial: lake, exports and notices');
    this.pii = this.key('Pii', 'Perennial: identifiers of customers');
    this.data.addToResourcePolicy(
      new PolicyStatement({
        principals: PUBLISHERS.map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // In the policy of a key: this key.
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }

  private key(id: string, description: string): Key {
    return new Key(this, id, { description, enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
  }
}
