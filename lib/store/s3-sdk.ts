import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/**
 * The client and the commands of S3 that this project uses, loaded as one piece on first use. A dynamic import of the package itself
 * would put all of its hundred commands into every bundle.
 */
export const s3Sdk = {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
};
