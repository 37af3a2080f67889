/** The one command of SNS that this project sends, loaded on first use: see `s3-sdk.ts`. */
export { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
