import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Entry } from '../../../core/registry/ledger.ts';
import { digestOf } from '../../../platform/digest.ts';
import type { Body, Home, Ledger, ObjectStore } from '../../../platform/ports.ts';

const STORES = ['artifacts', 'data', 'captures'] as const;

/** Records all writes that a home acknowledged, and checks afterwards that they are stored. */
export class AcknowledgedWrites {
  /** Entries whose append returned. */
  readonly entries: Entry[] = [];
  /** `<store> <key>` -> digest of what the last acknowledged write put there. */
  readonly objects = new Map<string, string>();

  /** Wraps a home so that its acknowledged writes are recorded. Several homes may share a record. */
  record(home: Home): Home {
    const stores = Object.fromEntries(STORES.map((name) => [name, this.#store(name, home[name])]));
    return { ...home, ...(stores as Pick<Home, (typeof STORES)[number]>), ledger: this.#ledger(home.ledger) };
  }

  /**
   * Everything that was acknowledged is there, whole, and nothing is there twice.
   *
   * @param consumed objects that others have taken in meanwhile
   */
  async expectAllStored(home: Home, consumed?: RegExp): Promise<void> {
    for (const model of new Set(this.entries.map((entry) => entry.model))) {
      const kept: Entry[] = [];
      for await (const entry of home.ledger.entries(model)) kept.push(entry);
      expect(kept.map(({ number }) => number)).toEqual(kept.map((_, i) => i + 1));
      expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).sort());
      for (const entry of this.entries) if (entry.model === model) expect(kept[entry.number - 1]).toEqual(entry);
    }
    for (const [place, digest] of this.objects) {
      if (consumed?.test(place)) continue;
      const [store, key] = [place.slice(0, place.indexOf(' ')), place.slice(place.indexOf(' ') + 1)];
      expect(digestOf(await home[store as (typeof STORES)[number]].get(key)), place).toBe(digest);
    }
  }

  #ledger(ledger: Ledger): Ledger {
    return withMethods(ledger, {
      append: async (...[entry, version]: Parameters<Ledger['append']>) => {
        await ledger.append(entry, version);
        this.entries.push(entry);
      },
    });
  }

  #store(name: string, store: ObjectStore): ObjectStore {
    return withMethods(store, {
      put: async (...[key, body, options]: Parameters<ObjectStore['put']>) => {
        const done = await store.put(key, body, options);
        if (done) this.objects.set(`${name} ${key}`, digestOf(wholeOf(body)));
        return done;
      },
      upload: async (...[key, file, options]: Parameters<ObjectStore['upload']>) => {
        const digest = digestOf(await readFile(file));
        const done = await store.upload(key, file, options);
        if (done) this.objects.set(`${name} ${key}`, digest);
        return done;
      },
      delete: async (...[key, options]: Parameters<ObjectStore['delete']>) => {
        // Whether or not it is acknowledged, it may be gone.
        this.objects.delete(`${name} ${key}`);
        await store.delete(key, options);
      },
    });
  }
}

/** An object with some of its methods replaced; the others keep their own `this`, private fields and all. */
export function withMethods<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const own = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

const wholeOf = (body: Body): Uint8Array | string =>
  typeof body === 'string' || body instanceof Uint8Array ? body : Buffer.concat(body);
