import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeployOptions } from '../config.ts';
import { PerennialPipeline } from '../constructs/perennial-pipeline.ts';

/** One pipeline in a stack of its own, with the names that a person needs as outputs. */
export class PerennialStack extends Stack {
  readonly pipeline: PerennialPipeline;

  constructor(scope: Construct, id: string, options: DeployOptions) {
    const { stackName, scoring, logRetentionDays, ...others } = options;
    super(scope, id, {
      stackName,
      description: 'Perennial: customer scores, lifecycle stages and segment files, every night',
    });
    this.pipeline = new PerennialPipeline(this, 'Pipeline', { config: scoring, logRetention: logRetentionDays, ...others });
    const { storage, machine, notices } = this.pipeline;
    const outputs: Readonly<Record<string, string>> = {
      LakeBucket: storage.lake.bucketName,
      ExportsBucket: storage.exports.bucketName,
      ProfilesTable: storage.profiles.tableName,
      TransitionsTable: storage.transitions.tableName,
      RunsTable: storage.runs.tableName,
      MachineArn: machine.stateMachineArn,
      NoticesTopicArn: notices.topicArn,
      PiiKeyArn: storage.keys.pii.keyArn,
      DataKeyArn: storage.keys.data.keyArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
