const LIST = 9;
const STRUCT = 12;
const MAX_DEPTH = 24;

/**
 * Walks over a struct of Thrift's compact protocol and throws where it promises more than its bytes hold, so that a reader that
 * makes room for what is promised may read it.
 *
 * @returns the byte after the struct @throws an error for bytes that are none
 */
export function checkThrift(bytes: Uint8Array, start: number): number {
  return new ThriftWalk(bytes, start).struct(0);
}

class ThriftWalk {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  struct(depth: number): number {
    if (depth > MAX_DEPTH) throw new Error('a header of too many parts');
    for (;;) {
      const byte = this.#byte();
      const type = byte & 15;
      if (type === 0) return this.#at;
      if (byte >> 4 === 0) this.#number();
      // A truth is in the type of its field.
      if (type > 2) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    switch (type) {
      case 1:
      case 2:
      case 3:
        this.#skip(1);
        break;
      case 4:
      case 5:
      case 6:
        this.#number();
        break;
      case 7:
        this.#skip(8);
        break;
      case 8:
        this.#skip(this.#number());
        break;
      case LIST:
        this.#list(depth);
        break;
      case STRUCT:
        this.struct(depth + 1);
        break;
      default:
        throw new Error('a header with an unknown part');
    }
  }

  #list(depth: number): void {
    const byte = this.#byte();
    const size = byte >> 4 === 15 ? this.#number() : byte >> 4;
    // Every element has a byte at least.
    if (size > this.#bytes.length - this.#at) throw new Error('a list that is longer than its bytes');
    if (depth > MAX_DEPTH) throw new Error('a header of too many parts');
    for (let element = 0; element < size; element++) this.#value(byte & 15, depth + 1);
  }

  #number(): number {
    let number = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      number += (byte & 127) * 2 ** shift;
      if (byte < 128) return number;
    }
    throw new Error('a number that does not end');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('a header that breaks off');
    return byte;
  }

  #skip(size: number): void {
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new Error('a header that breaks off');
  }
}
