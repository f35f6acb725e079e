import { readFile, writeFile } from 'node:fs/promises';
import { ObjectNotFoundError } from '../errors.ts';
import { checkKey } from '../keys.ts';
import type { Body, Clock, ObjectInfo, ObjectStore, PutOptions, StoredWrite } from '../ports.ts';

interface Held {
  readonly info: ObjectInfo;
  readonly content: Uint8Array;
}

/** Objects in memory. Only the last write of a key is kept, as in a folder. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, Held>();
  /** Keys in their order. */
  readonly #keys: string[] = [];
  #writes = 0;

  constructor(private readonly clock: Clock) {}

  async get(key: string): Promise<Uint8Array> {
    return this.#held(key).content;
  }

  async download(key: string, path: string, versionId?: string): Promise<ObjectInfo> {
    const { info, content } = this.#held(key);
    if (versionId !== undefined && versionId !== info.versionId) throw new ObjectNotFoundError(key);
    await writeFile(path, content);
    return info;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.#objects.get(key)?.info;
  }

  async put(key: string, body: Body, options?: PutOptions): Promise<boolean> {
    return this.#put(key, bytesOf(body), options);
  }

  async upload(key: string, path: string, options?: PutOptions): Promise<boolean> {
    return this.#put(key, await readFile(path), options);
  }

  async *list(prefix: string, { after = '' }: { after?: string } = {}): AsyncIterable<ObjectInfo> {
    const first = after > prefix ? after : prefix;
    for (let i = this.#place(first); i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (!key.startsWith(prefix)) return;
      if (key !== after) yield this.#held(key).info;
    }
  }

  async delete(key: string, { etag }: { etag?: string } = {}): Promise<void> {
    const held = this.#objects.get(key);
    if (held === undefined || (etag !== undefined && held.info.etag !== etag)) return;
    this.#objects.delete(key);
    this.#keys.splice(this.#place(key), 1);
  }

  async *writes(prefix: string): AsyncIterable<StoredWrite> {
    for await (const info of this.list(prefix)) yield { ...info, latest: true };
  }

  async erase(key: string, { keep, only }: { keep?: string; only?: readonly string[] } = {}): Promise<void> {
    const held = this.#objects.get(key)?.info;
    if (held === undefined || held.versionId === keep || only?.includes(held.versionId) === false) return;
    await this.delete(key);
  }

  #held(key: string): Held {
    const held = this.#objects.get(key);
    if (held === undefined) throw new ObjectNotFoundError(key);
    return held;
  }

  #put(key: string, content: Uint8Array, { ifAbsent, ifMatch }: PutOptions = {}): boolean {
    checkKey(key);
    const known = this.#objects.get(key);
    if (ifAbsent && known) return false;
    if (ifMatch !== undefined && known?.info.etag !== ifMatch) return false;
    const etag = `write-${++this.#writes}`;
    const info = { key, bytes: content.length, etag, versionId: etag, modifiedAt: this.clock.now() };
    if (known === undefined) this.#keys.splice(this.#place(key), 0, key);
    this.#objects.set(key, { info, content });
    return true;
  }

  /** Index of the first key that is not before `key`. */
  #place(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function bytesOf(body: Body): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  return body instanceof Uint8Array ? body.slice() : Buffer.concat(body);
}
