import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from '../../core/registry/commands.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { ReplayTally, replaysPrefix } from '../../core/replay/replay-tally.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { withExamined } from '../../platform/onnx/examine.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { registerModel } from '../../usecases/registry/register-model.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { judgeStatusOf } from '../../usecases/release/judge-status.ts';
import { sideBySide } from '../../usecases/replay/side-by-side.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Table, tableModel } from './table-model.ts';

/** Header in which callers are named, as a trusted proxy would. */
const CALLER = 'x-caller';
/** Metrics are read by whole periods of this length while a release is young. */
const PERIOD_MS = 10_000;
/** So many requests are on their way at once. */
const CONCURRENT = 8;
/** Whatever is to be written by itself is written within this. */
const PATIENCE_MS = 90_000;

export interface RequestRow {
  readonly x: number;
  /** @default x */
  readonly lag?: number;
  /** null: the column is empty @default 1 */
  readonly weight?: number | null;
}

/** A request that was made, and what its caller saw of it. */
export interface SeenAnswer extends RequestRow {
  readonly id: string;
  readonly status: number;
  readonly version: number;
}

export interface SentBy {
  readonly caller?: string;
  readonly routingKey?: string;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const endOfPeriod = (): Promise<void> => sleep(PERIOD_MS - (Date.now() % PERIOD_MS) + 50);

/** One local runtime with all that belongs to it, on short schedules, for models that have nothing to do with each other. */
export async function startRows(): Promise<LocalRuntime> {
  return startLocalRuntime({
    home: temporaryFolder('judge-rows'),
    port: 0,
    every: { 'ground-truth': 1, replay: 1, advance: 1 },
    settings: { callerHeader: CALLER },
  });
}

/** A model of the local runtime: what people, callers and schedules do with it. */
export class RowModel {
  readonly registry: Registry;
  #at = 0;

  constructor(
    private readonly runtime: LocalRuntime,
    readonly name: string,
    /** What its manifests have besides. */
    private readonly manifest: Readonly<Record<string, unknown>> = {},
  ) {
    this.registry = new Registry(runtime.home, 'user:test');
  }

  /**
   * Registers a graph beside the champion, as `trimtab register` does, and approves it.
   *
   * @param daysAgo by the clock of whoever does
   * @returns the version's number
   */
  async register(table: Table, daysAgo = 0): Promise<number> {
    const registry = this.#registryOf(daysAgo);
    const folder = temporaryFolder(this.name);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'model.onnx'), tableModel(table));
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(this.#manifest()));
    const { version } = await withExamined(path.join(folder, 'model.onnx'), (examined) =>
      registerModel(registry, folder, examined, {
        compare: (record) => sideBySide(this.runtime.home, record, { entry: workerEntry() }),
      }),
    );
    await registry.apply(this.name, { type: 'approve', version, reason: 'test' });
    return version;
  }

  #registryOf(daysAgo: number): Registry {
    const clock = { now: () => new Date(Date.now() - daysAgo * 86_400_000) };
    return new Registry({ ...this.runtime.home, clock }, 'user:test');
  }

  #manifest() {
    const features = [
      { name: 'x', type: 'integer' },
      { name: 'lag', type: 'integer' },
      { name: 'weight', type: 'float', missing: 'allow' },
    ];
    return {
      name: this.name,
      contract: { features },
      decision: { task: 'binary', output: 'score', column: 0 },
      ...this.manifest,
    };
  }

  /** Carries a command out, so many days ago by the clock of whoever does, and waits until the endpoint follows. */
  async apply(command: Command, daysAgo = 0): Promise<Entry> {
    const entry = await this.#registryOf(daysAgo).apply(this.name, command);
    for (;;) {
      const report = await this.runtime.probe.report(this.name).catch(() => undefined);
      if (report !== undefined && report.revision >= entry.number) return entry;
      await sleep(100);
    }
  }

  async release(version: number, daysAgo = 0): Promise<Entry> {
    return this.apply({ type: 'release', version, reason: 'test' }, daysAgo);
  }

  async canary(version: number, share: number): Promise<Entry> {
    return this.apply({ type: 'start-canary', version, steps: [share, 1], reason: 'test' });
  }

  /**
   * Sends requests of a row each, all within one period of metrics that begins after what was done before, and waits
   * until it is over: whoever reads metrics sees all of them or none.
   *
   * @param bys who sends each @default nobody says
   */
  async send(rows: readonly RequestRow[], bys: readonly SentBy[] = []): Promise<SeenAnswer[]> {
    await endOfPeriod();
    const period = Math.floor(Date.now() / PERIOD_MS);
    const seen = await this.#sendAll(rows, bys);
    if (Math.floor(Date.now() / PERIOD_MS) !== period) throw new Error('the requests took longer than a period');
    await endOfPeriod();
    return seen;
  }

  /** Sends requests for as long as it takes: whoever reads metrics may see a part of them. */
  async sendOverPeriods(rows: readonly RequestRow[]): Promise<SeenAnswer[]> {
    await endOfPeriod();
    const seen = await this.#sendAll(rows);
    await endOfPeriod();
    return seen;
  }

  async #sendAll(rows: readonly RequestRow[], bys: readonly SentBy[] = []): Promise<SeenAnswer[]> {
    const seen: SeenAnswer[] = [];
    let next = 0;
    const caller = async (): Promise<void> => {
      for (let i = next++; i < rows.length; i = next++) seen[i] = await this.#ask(rows[i]!, bys[i]);
    };
    await Promise.all(Array.from({ length: CONCURRENT }, caller));
    return seen;
  }

  async #ask({ x, lag = x, weight = 1 }: RequestRow, { caller, routingKey }: SentBy = {}): Promise<SeenAnswer> {
    const response = await fetch(`${this.runtime.url}/v1/models/${this.name}:predict`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(caller === undefined ? {} : { [CALLER]: caller }),
        ...(routingKey === undefined ? {} : { 'x-trimtab-routing-key': routingKey }),
      },
      body: JSON.stringify({ instances: [{ x, lag, weight }] }),
    });
    await response.arrayBuffer();
    const header = (name: string): string => response.headers.get(name) ?? '';
    return {
      ...{ x, lag, weight, status: response.status },
      id: header('x-trimtab-prediction-id') || header('x-request-id'),
      version: Number(header('x-trimtab-model-version')),
    };
  }

  /** Sends what turned out to be true, by the documented call. */
  async truths(
    answers: readonly SeenAnswer[],
    truthOf: (answer: SeenAnswer) => boolean,
    { caller }: SentBy = {},
  ): Promise<void> {
    const records = answers.map((answer) => ({ id: answer.id, truth: truthOf(answer) ? 1 : 0 }));
    const response = await fetch(`${this.runtime.url}/trimtab/v1/models/${this.name}/truth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(caller === undefined ? {} : { [CALLER]: caller }) },
      body: JSON.stringify({ records }),
    });
    if (response.status !== 202) throw new Error(`truth: ${response.status} ${await response.text()}`);
  }

  async until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error('it was waited for in vain');
      await sleep(200);
    }
  }

  pause(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** Waits for an entry of one of some kinds that functions write. */
  async entry(...kinds: readonly Entry['kind'][]): Promise<Entry> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const entries = await this.registry.history(this.name);
      const found = entries.find(({ kind, actor }) => actor.startsWith('function:') && kinds.includes(kind));
      if (found !== undefined) return found;
      if (Date.now() > end)
        throw new Error(
          `none of ${kinds.join(', ')}: ${entries.map(({ kind }) => kind).join(', ')}; ${await this.#view()}`,
        );
      await sleep(200);
    }
  }

  /** What the judge finds at this moment. */
  async #view(): Promise<string> {
    const { home } = this.runtime;
    const state = await this.registry.state(this.name);
    const { verdicts } = await judgeStatusOf(home, { model: this.name, now: home.clock.now(), state });
    return JSON.stringify(verdicts);
  }

  /** What functions wrote by themselves. */
  async written(): Promise<string[]> {
    const entries = await this.registry.history(this.name);
    return entries.filter(({ actor }) => actor.startsWith('function:')).map(({ kind }) => kind);
  }

  /** What asking again made known of a version. */
  async replays(version: number): Promise<ReplayTally[]> {
    const found: ReplayTally[] = [];
    const { data } = this.runtime.home;
    for await (const { key } of data.list(replaysPrefix(this.name))) {
      const tally = ReplayTally.parse(JSON.parse(new TextDecoder().decode(await data.get(key))));
      if (tally.suspect === version) found.push(tally);
    }
    return found;
  }

  /** Rows that were not sent before, each another. */
  rows(count: number, row: (x: number) => Partial<RequestRow> = () => ({})): RequestRow[] {
    return Array.from({ length: count }, () => {
      const x = this.#at++;
      return { x, ...row(x) };
    });
  }
}
