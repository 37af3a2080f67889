import type { SNSClient } from '@aws-sdk/client-sns';
import { fromSdk } from './sdk-error.ts';

/** SNS refuses longer subjects, line breaks and characters outside ASCII. */
const SUBJECT_LENGTH = 100;

/** Tells people something. */
export interface Notifier {
  /**
   * Sends a message to everyone who subscribed.
   *
   * @param subject one line; cut to 100 ASCII characters
   * @param message text without personal data
   * @throws TransientDependencyError, ConfigError
   */
  notify(subject: string, message: string): Promise<void>;
}

let client: Promise<{ sdk: typeof import('./sns-sdk.ts'); sns: SNSClient }> | undefined;

/** A notifier for an SNS topic; without a topic it does nothing. */
export function openNotifier(topicArn: string | undefined): Notifier {
  return {
    async notify(subject, message) {
      if (!topicArn) return;
      client ??= import('./sns-sdk.ts').then((sdk) => ({ sdk, sns: new sdk.SNSClient({ maxAttempts: 5 }) }));
      const Subject =
        subject
          .replace(/[^\x21-\x7e]+/g, ' ')
          .trim()
          .slice(0, SUBJECT_LENGTH) || 'Perennial';
      try {
        const { sdk, sns } = await client;
        await sns.send(new sdk.PublishCommand({ TopicArn: topicArn, Subject, Message: message }));
      } catch (error) {
        throw fromSdk(error, `Topic ${topicArn}`, 'Publish');
      }
    },
  };
}
