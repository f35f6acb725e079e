/** Kinds of values of Thrift's compact protocol. */
export const STOP = 0;
const BYTE = 3;
export const I32 = 5;
const DOUBLE = 7;
const BINARY = 8;
export const LIST = 9;
const SET = 10;
const MAP = 11;
export const STRUCT = 12;
const UUID = 13;

/** Goes through a value of Thrift's compact protocol. */
export class ThriftReader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  /** Fields of a struct; the value of each is to be read, or skipped, before the next. */
  *fields(): Generator<{ readonly id: number; readonly kind: number }> {
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === STOP) return;
      const delta = head >> 4;
      id = delta === 0 ? this.integer() : id + delta;
      yield { id, kind: head & 15 };
    }
  }

  /** Goes through the elements of a list, each of which is to be read, or skipped, before the next. */
  *elements(): Generator<{ readonly index: number; readonly kind: number }> {
    const { size, kind } = this.list();
    for (let index = 0; index < size; index++) yield { index, kind };
  }

  list(): { readonly size: number; readonly kind: number } {
    const head = this.#byte();
    return { kind: head & 15, size: head >> 4 === 15 ? this.#varint() : head >> 4 };
  }

  text(): string {
    const length = this.#varint();
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('metadata of Parquet that ends too early');
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** @param element whether the value is one of a list: there a boolean has a byte of its own */
  skip(kind: number, element = false): void {
    if (kind <= 2) this.at += element ? 1 : 0;
    else if (kind === BYTE) this.at++;
    else if (kind < DOUBLE) this.#varint();
    else if (kind === DOUBLE) this.at += 8;
    else if (kind === BINARY) this.#skipBytes();
    else if (kind === LIST || kind === SET) {
      const { size, kind: each } = this.list();
      for (let i = 0; i < size; i++) this.skip(each, true);
    } else if (kind === MAP) this.#skipMap();
    else if (kind === STRUCT) for (const field of this.fields()) this.skip(field.kind);
    else if (kind === UUID) this.at += 16;
    else throw new RangeError(`kind ${kind} is none of Thrift's`);
    if (this.at > this.bytes.length) throw new RangeError('metadata of Parquet that ends too early');
  }

  #skipBytes(): void {
    const length = this.#varint();
    this.at += length;
  }

  #skipMap(): void {
    const size = this.#varint();
    if (size === 0) return;
    const kinds = this.#byte();
    for (let i = 0; i < size; i++) {
      this.skip(kinds >> 4, true);
      this.skip(kinds & 15, true);
    }
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('metadata of Parquet that ends too early');
    return byte;
  }

  /** Without the exactness beyond 2^53, which no size or id has. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** An integer of any width. */
  integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
