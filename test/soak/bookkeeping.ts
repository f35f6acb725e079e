import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HttpClient } from '../fixtures/http-client.ts';
import { JSON_TYPE } from './prediction-format.ts';
import { type Task, WrongAnswerError } from './task.ts';
import type { DiskState } from './tasks.ts';

/** Names hostile callers; others have none, and are one caller. */
export const CALLER_HEADER = 'x-soak-caller';
/** Megabytes of ground truth a minute and caller: what a hostile one sends within seconds. */
export const TRUTH_MEGABYTES = '1';

/** Lines in which the server says that something cannot be written, or can again. */
export const TROUBLE =
  /^(\w+ (cannot be kept|are kept again) \(.*|metrics of the home: EISDIR: .*|\{.*"message":"ground truth cannot be stored".*)\n/gm;

/** The disk of a home that is served: files stand where folders should be, which no write gets past. */
export class Disk implements DiskState {
  #broken = false;
  #mendedAt = Number.NEGATIVE_INFINITY;
  times = 0;

  constructor(private readonly home: string) {}

  /** Whether it was broken at any time since then; by `performance.now()`. */
  brokenSince(at: number): boolean {
    return this.#broken || this.#mendedAt >= at;
  }

  break(): void {
    this.#broken = true;
    this.times++;
    for (const place of this.#places) {
      if (existsSync(place)) renameSync(place, `${place}.aside`);
      if (place.endsWith('.jsonl')) mkdirSync(place);
      else writeFileSync(place, '');
    }
  }

  mend(): void {
    if (!this.#broken) return;
    for (const place of this.#places) {
      rmSync(place, { recursive: true, force: true });
      if (existsSync(`${place}.aside`)) renameSync(`${place}.aside`, place);
    }
    this.#broken = false;
    this.#mendedAt = performance.now();
  }

  get #places(): string[] {
    return ['captures', 'metrics.jsonl', 'data/ground-truth'].map((name) => path.join(this.home, name));
  }
}

/** One caller sends ground truth of predictions that never were, as much as it can. */
export const truthsOfNothing = (client: HttpClient, disk: DiskState): Task => ({
  name: 'truths of nothing',
  weight: 2,
  async run(random) {
    const began = performance.now();
    const records = Array.from({ length: 2_000 }, () => ({ id: `nobody-${random.below(2 ** 31)}`, truth: 1 }));
    const { status, headers } = await client.ask({
      path: '/trimtab/v1/models/flight-delay/truth',
      headers: { ...JSON_TYPE, [CALLER_HEADER]: 'hostile' },
      body: JSON.stringify({ records }),
    });
    if (status === 202 || (status === 503 && disk.brokenSince(began))) return;
    if (status !== 429 || !(Number(headers['retry-after']) > 0))
      throw new WrongAnswerError(`truths of nothing: status ${status}, retry-after ${headers['retry-after']}`);
  },
});

const RECOVERY_MS = 20_000;

/** What is wrong after the disk was broken and mended: nothing may be lost, and all be written again without a restart. */
export async function leftBroken(url: string): Promise<string[]> {
  for (const end = performance.now() + RECOVERY_MS; ; ) {
    // Each time another process may answer.
    const client = new HttpClient(url);
    const records = [{ id: 'at the end', truth: 1 }];
    await client.ask({
      path: '/trimtab/v1/models/flight-delay/truth',
      headers: JSON_TYPE,
      body: JSON.stringify({ records }),
    });
    const { body } = await client.ask({ method: 'GET', path: '/metrics' });
    client.close();
    const text = body.toString('utf8');
    const lost = [...text.matchAll(/^trimtab_bookkeeping_lost_total\{.*\} [1-9].*$/gm)].map(([line]) => line);
    const failing = [...text.matchAll(/^trimtab_bookkeeping_failing\{.*\} 1$/gm)]
      .map(([line]) => line)
      .filter((line) => !line.includes('reason="quota"'));
    if ((lost.length === 0 && failing.length === 0) || performance.now() > end) return [...lost, ...failing];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
