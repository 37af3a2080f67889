import { createHash } from 'node:crypto';

/** Content as a list of chunks without empty ones. */
export function chunksOf(bytes: Uint8Array | readonly Uint8Array[]): Uint8Array[] {
  const chunks = bytes instanceof Uint8Array ? [bytes] : bytes;
  return chunks.filter((chunk) => chunk.byteLength > 0);
}

/** Bytes of all chunks. */
export function sizeOf(chunks: readonly Uint8Array[]): number {
  let size = 0;
  for (const chunk of chunks) size += chunk.byteLength;
  return size;
}

/** SHA-256 of the chunks one after another, hex. */
export function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** True when the pieces, one after another, are the same bytes as the chunks; stops reading at the first difference. */
export async function sameContent(chunks: readonly Uint8Array[], pieces: AsyncIterable<Uint8Array>): Promise<boolean> {
  let index = 0;
  let offset = 0;
  for await (const piece of pieces) {
    let done = 0;
    while (done < piece.byteLength) {
      const chunk = chunks[index];
      if (chunk === undefined) return false;
      const length = Math.min(piece.byteLength - done, chunk.byteLength - offset);
      if (Buffer.compare(piece.subarray(done, done + length), chunk.subarray(offset, offset + length)) !== 0) return false;
      done += length;
      offset += length;
      if (offset === chunk.byteLength) {
        index += 1;
        offset = 0;
      }
    }
  }
  return index === chunks.length;
}

/** The first chunks, and all of them when they come to more than `most` bytes. */
export async function splitHead(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): Promise<{ head: Uint8Array[]; rest: AsyncIterable<Uint8Array> | undefined }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  for (let size = 0; size <= most; ) {
    const next = await iterator.next();
    if (next.done === true) return { head, rest: undefined };
    head.push(next.value);
    size += next.value.byteLength;
  }
  const rest = async function* () {
    yield* head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { head, rest: rest() };
}
