import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { snappyUncompress } from 'hyparquet/src/snappy.js';

/** Bytes of a page at the most (256 MiB); writers make pages of about 1 MiB, DuckDB one per row group. */
const MAX_PAGE_BYTES = 268_435_456;

/** A compression that is not read: the file is whole, so delivering it again would not help. */
export class UnknownCodecError extends Error {
  constructor(codec: string) {
    super(`compression ${codec}, expected snappy, gzip, zstd, brotli or none`);
  }
}

/**
 * The decompressed bytes of a page.
 *
 * @param size bytes that the file promises @throws an error for an unknown codec, a corrupt page, or one of another size
 */
export function decompressPage(codec: CompressionCodec, bytes: Uint8Array, size: number): Uint8Array {
  if (!(size >= 0 && size <= MAX_PAGE_BYTES)) throw new Error(`a page of ${size} bytes`);
  if (codec === 'UNCOMPRESSED') return bytes;
  if (size === 0) return new Uint8Array(0);
  const page = inflate(codec, bytes, size);
  if (page.length !== size) throw new Error(`a page of ${page.length} bytes, ${size} were promised`);
  return page;
}

function inflate(codec: CompressionCodec, bytes: Uint8Array, size: number): Uint8Array {
  const options = { maxOutputLength: size };
  switch (codec) {
    case 'SNAPPY': {
      const page = new Uint8Array(size);
      snappyUncompress(bytes, page);
      return page;
    }
    case 'GZIP':
      return gunzipSync(bytes, options);
    case 'ZSTD':
      return zstdDecompressSync(bytes, options);
    case 'BROTLI':
      return brotliDecompressSync(bytes, options);
    default:
      throw new UnknownCodecError(codec);
  }
}
