/** Objects below a prefix that are encrypted with a KMS key of their own, whatever the bucket's default is. */
export interface PrefixKey {
  /** Without a slash at its end. */
  readonly prefix: string;
  readonly kmsKeyArn: string;
}

/** What a write of `key` says of its encryption: nothing where the bucket's default holds. */
export function encryptionOf(key: string, ownKey: PrefixKey | undefined) {
  if (!ownKey || !key.startsWith(`${ownKey.prefix}/`)) return {};
  // One data key per bucket and some minutes instead of a request to KMS for every object.
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ownKey.kmsKeyArn, BucketKeyEnabled: true } as const;
}
