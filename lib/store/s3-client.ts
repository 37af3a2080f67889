import type { S3Client } from '@aws-sdk/client-s3';
import type { s3Sdk } from './s3-sdk.ts';

/** The S3 part of the SDK and the one client of this process. */
export interface S3 {
  readonly sdk: typeof s3Sdk;
  readonly client: S3Client;
}

let loading: Promise<S3> | undefined;

/** Loads the SDK on first use: a laptop without S3 saves its 50 ms. Endpoint, region and credentials are found as the SDK does. */
export function loadS3(): Promise<S3> {
  loading ??= import('./s3-sdk.ts').then(({ s3Sdk: sdk }) => ({
    sdk,
    client: new sdk.S3Client({
      maxAttempts: 5,
      // 16 objects at once, each with up to 4 parts in flight.
      requestHandler: { httpsAgent: { keepAlive: true, maxSockets: 64 } },
    }),
  }));
  return loading;
}
