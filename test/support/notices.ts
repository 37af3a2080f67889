import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** A topic whose notices can be read. */
export interface Notices {
  readonly topicArn: string;
  /** Subjects and texts that were sent since the last call. */
  read(): Promise<{ readonly subject: string; readonly message: string }[]>;
}

/** Makes a topic and a queue that hears it. @param endpoint an emulator with SNS and SQS */
export async function openNotices(endpoint: string, region: string): Promise<Notices> {
  const options = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const [sns, sqs] = [new SNSClient(options), new SQSClient(options)];
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'notices' }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'notices' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.['QueueArn'] }));
  return {
    topicArn: TopicArn,
    async read() {
      const notices: { subject: string; message: string }[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return notices;
        for (const { Body, ReceiptHandle } of Messages) {
          const { Subject, Message } = JSON.parse(Body ?? '{}') as { Subject: string; Message: string };
          notices.push({ subject: Subject, message: Message });
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
}
