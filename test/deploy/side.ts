import { createHash } from 'node:crypto';

/** What one side (the deployed stack, or a home) holds and shows, in texts that can be compared. */
export interface Side {
  /** Objects of lake and exports, by `lake/<key>` or `exports/<key>`. */
  readonly objects: ReadonlyMap<string, string>;
  /** Items by table and key, as DynamoDB hands them out. */
  readonly profiles: ReadonlyMap<string, string>;
  readonly transitionItems: ReadonlyMap<string, string>;
  readonly runs: ReadonlyMap<string, string>;
  /** What commands of the product print, by the command: CSV of scores by night, of all transitions. */
  readonly told: ReadonlyMap<string, string>;
}

/**
 * Store URLs of a side, each with the word that takes its place: the plan of a run names its files by absolute URL, and that is
 * all in which two installations differ.
 */
export type UrlWords = readonly (readonly [url: string, word: string])[];

/** An object as a text: JSON and markers whole, so that a difference can be shown; anything else by size and SHA-256. */
export function objectText(key: string, bytes: Uint8Array, urls: UrlWords): string {
  if (!/\.json$|\/_SUCCESS$/.test(key)) {
    return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
  }
  const text = urls.reduce((masked, [url, word]) => masked.replaceAll(url, word), Buffer.from(bytes).toString('utf8'));
  // A plan pins its files by the tag of their store too: MD5 in S3, SHA-256 on the disk. Their own SHA-256 stands beside it.
  return key.endsWith('/plan.json') ? text.replaceAll(/"etag": "[^"]+"/g, '"etag": "of the store"') : text;
}
