import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { EMULATED_REGION, type MiniStack } from '../support/emulators/ministack.ts';
import type { Limits } from './limits.ts';

/** Clients of the emulated account. Told everything, they read neither environment nor profile: none can reach a real one. */
export interface Account {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly sfn: SFNClient;
  /** How long one execution may take. */
  readonly executionMs: number;
  close(): void;
}

export function openAccount({ endpoint }: Pick<MiniStack, 'endpoint'>, { executionMs }: Limits): Account {
  const told = { endpoint, region: EMULATED_REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const clients = {
    cloudFormation: new CloudFormationClient(told),
    dynamo: new DynamoDBClient(told),
    s3: new S3Client({ ...told, forcePathStyle: true }),
    scheduler: new SchedulerClient(told),
    sfn: new SFNClient(told),
  };
  const close = () => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { ...clients, executionMs, close };
}
