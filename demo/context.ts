import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../core/manifest/manifest.ts';
import type { LocalRuntime } from '../local-runtime/local-runtime.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { Caller } from './client.ts';
import { EXAMPLE, type Flight, readFlights } from './flights.ts';

export const MODEL = 'flight-delay';

/** What the steps of the demo share. */
export class DemoContext {
  readonly registry: Registry;
  readonly #files = new Map<string, Promise<Flight[]>>();

  constructor(
    /** The checkout, and a folder of its own, which is gone afterwards. */
    private readonly folders: { readonly root: string; readonly scratch: string },
    readonly runtime: LocalRuntime,
    readonly manifest: Manifest,
    readonly actor: string,
  ) {
    this.registry = new Registry(runtime.home, actor);
  }

  get caller(): Caller {
    return new Caller(this.runtime.url, MODEL, this.manifest.contract.features);
  }

  /** A file of the example, such as `v1/model.onnx`. */
  example(...parts: string[]): string {
    return path.join(this.folders.root, EXAMPLE, ...parts);
  }

  /**
   * A model folder of the example, with alarms that look every ten seconds instead of every minute: nobody wants to wait
   * here, and on AWS such an alarm costs three times as much.
   */
  async modelFolder(name: string): Promise<string> {
    const folder = path.join(this.folders.scratch, name);
    await cp(this.example(name), folder, { recursive: true });
    const file = path.join(folder, 'model.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    const monitoring = { ...manifest.monitoring, periodSeconds: 10 };
    await writeFile(file, JSON.stringify({ ...manifest, monitoring }));
    return folder;
  }

  /** Rows of `traffic-<name>.csv`. */
  traffic(name: 'spring' | 'summer' | 'storm'): Promise<Flight[]> {
    const known = this.#files.get(name);
    if (known) return known;
    const read = readFlights(this.example('data', `traffic-${name}.csv`), this.manifest.contract.features);
    this.#files.set(name, read);
    return read;
  }

  /** A place of the home as a person would type it. */
  place(...parts: string[]): string {
    return path.relative(process.cwd(), path.join(this.runtime.home.folder, ...parts)) || '.';
  }
}

export const number = (n: number): string => n.toLocaleString('en-US');
export const percentOf = (x: number): string => `${(100 * x).toFixed(1)} %`;

/** Waits until something holds. @returns whether it did in time */
export async function until(holds: () => Promise<boolean> | boolean, seconds: number): Promise<boolean> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    if (await holds()) return true;
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
