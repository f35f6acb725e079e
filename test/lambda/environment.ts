import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { lambdaNode, lambdaNodeFlags } from '../../scripts/build/lambda-runtime.ts';
import { limitMemory, type MemoryLimit } from './memory-limit.ts';
import { lambdaVariables, layOutRuntime } from './runtime.ts';
import { type Outcome, RuntimeApi } from './runtime-api.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

/** How long a function may take to start. */
const INIT_MS = 10_000;
/** From SIGTERM to SIGKILL where an extension has registered. */
const GRACE_MS = 2_000;

export interface EnvironmentOptions {
  readonly name: string;
  /** Folder of the function's code. */
  readonly task: string;
  /** Folder that the layers were unpacked to. */
  readonly opt: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Space under /tmp. @default 512 */
  readonly temporaryMb?: number;
  /** Variables of the function's configuration. @default {} */
  readonly variables?: Readonly<Record<string, string>>;
}

export type Invoked = Outcome & {
  /** From the start of the process to its first asking; absent when it was there already. */
  readonly initMs?: number;
  /** From the event to its outcome. */
  readonly ms: number;
};

interface EnvironmentParts {
  readonly api: RuntimeApi;
  readonly sandbox: Sandbox;
  /** Absent where the kernel cannot hold the function to its memory. */
  readonly memory: MemoryLimit | undefined;
  /** Where the runtime was laid out. */
  readonly folder: string;
}

/**
 * An execution environment as Lambda gives one to a function: started by the first invocation, frozen between them,
 * killed at the time-out and started anew by the invocation after that, its /tmp kept.
 */
export class ExecutionEnvironment {
  /** What the function has written to its log, line by line, over all its processes. */
  readonly lines: string[] = [];
  private process: Running | undefined;
  private highWater = 0;

  readonly api: RuntimeApi;
  readonly sandbox: Sandbox;
  private readonly memory: MemoryLimit | undefined;
  private readonly folder: string;

  private constructor(
    private readonly options: EnvironmentOptions,
    { api, sandbox, memory, folder }: EnvironmentParts,
  ) {
    this.api = api;
    this.sandbox = sandbox;
    this.memory = memory;
    this.folder = folder;
  }

  static async open(options: EnvironmentOptions): Promise<ExecutionEnvironment> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-lambda-'));
    const runtime = path.join(folder, 'runtime');
    layOutRuntime(runtime);
    const { task, opt, temporaryMb } = options;
    const sandbox = await openSandbox({ task, opt, runtime, node: lambdaNode() }, temporaryMb);
    const memory = sandbox.isolated ? limitMemory(path.basename(folder), options.memoryMb) : undefined;
    return new ExecutionEnvironment(options, { api: await RuntimeApi.listen(), sandbox, memory, folder });
  }

  /** Whether the kernel holds the function to its memory. */
  get limited(): boolean {
    return this.memory !== undefined;
  }

  /** Number of the function's process; undefined when there is none. */
  get pid(): number | undefined {
    return this.process?.child.pid;
  }

  /** Most megabytes that any process of the function had resident. */
  get highWaterMb(): number {
    this.measure();
    return this.highWater;
  }

  /** Starts it before anybody asks, as provisioned concurrency does, and freezes it there. @throws when it cannot start */
  async provision(): Promise<void> {
    const failed = await this.start();
    if (failed) throw new Error(JSON.stringify(failed));
    this.process!.invoked = true;
    this.process!.child.kill('SIGSTOP');
  }

  async invoke(event: unknown, id: string = randomUUID()): Promise<Invoked> {
    const { name, timeoutSeconds } = this.options;
    const started = performance.now();
    const failed = this.process ? undefined : await this.start();
    const initMs =
      this.process && failed === undefined && !this.process.invoked ? performance.now() - started : undefined;
    if (failed) return { ...failed, ms: performance.now() - started };
    const running = this.process!;
    running.invoked = true;
    running.child.kill('SIGCONT');
    const from = performance.now();
    const answered = this.api.deliver({
      id,
      arn: `arn:aws:lambda:eu-central-1:111122223333:function:${name}:live`,
      deadline: new Date(Date.now() + timeoutSeconds * 1_000),
      traceId: `Root=1-${randomBytes(4).toString('hex')}-${randomBytes(12).toString('hex')};Sampled=0`,
      event,
    });
    const late = timer(timeoutSeconds * 1_000, () =>
      failure('Sandbox.Timedout', `RequestId: ${id} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`),
    );
    const ended = running.ended.then((how) => failure('Runtime.ExitError', `RequestId: ${id} Error: ${how}`));
    const outcome = await Promise.race([answered, late.after, ended]);
    const ms = performance.now() - from;
    // An invocation is over when the runtime asks for the next one, or is gone.
    await Promise.race([this.api.idle(), late.after, running.ended]);
    late.clear();
    this.measure();
    if (outcome.kind === 'error' && /^(Sandbox|Runtime\.Exit)/.test(outcome.errorType)) await this.kill();
    else running.child.kill('SIGSTOP');
    // What was written before the outcome has been read after one more turn.
    await turn();
    return { ...outcome, ...(initMs === undefined ? {} : { initMs }), ms };
  }

  /**
   * Ends the function as Lambda does: by SIGTERM and two seconds where an extension has registered, at once otherwise.
   *
   * @returns how the process ended, and after how long
   */
  async shutDown(): Promise<{ how: string; ms: number } | undefined> {
    const running = this.process;
    if (!running) return undefined;
    const started = performance.now();
    this.measure();
    if (this.api.extensions.count > 0) {
      this.api.extensions.shutDown('spindown', new Date(Date.now() + GRACE_MS));
      running.child.kill('SIGTERM');
      running.child.kill('SIGCONT');
      const grace = timer(GRACE_MS, () => undefined);
      await Promise.race([running.ended, grace.after]);
      grace.clear();
    }
    await this.kill();
    return { how: await running.ended, ms: performance.now() - started };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.kill();
    await this.api.close();
    await this.sandbox.close();
    await this.memory?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts the runtime, and waits until it has loaded the function. */
  private async start(): Promise<Outcome | undefined> {
    const { name, memoryMb, variables } = this.options;
    const { places } = this.sandbox;
    const node = [places.node, ...lambdaNodeFlags(memoryMb), path.join(places.runtime, 'index.mjs')];
    const join = this.memory === undefined ? 'exec "$@"' : `echo $$ > ${this.memory.join}; exec "$@"`;
    const child = spawn('sh', ['-c', join, 'sh', ...this.sandbox.inside(node)], {
      cwd: this.sandbox.isolated ? '/' : places.task,
      env: { ...lambdaVariables({ name, memoryMb, api: this.api.address }, places), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running: Running = { child, ended: ended(child), invoked: false };
    this.process = running;
    void running.ended.then(() => this.forget(running));
    for (const stream of [child.stdout, child.stderr]) readLines(stream!, (line) => this.lines.push(line));
    const late = timer(INIT_MS, () => failure('Sandbox.Timedout', `Init timed out after ${INIT_MS / 1_000} seconds`));
    const gone = running.ended.then((how) => failure('Runtime.ExitError', how));
    const failed = await Promise.race([this.api.idle(), this.api.initError(), late.after, gone]);
    late.clear();
    if (failed) await this.kill();
    return failed ?? undefined;
  }

  /** Ends the process in an instant, as a machine that fails would. */
  async kill(): Promise<void> {
    const running = this.process;
    if (!running) return;
    running.child.kill('SIGKILL');
    await running.ended;
    this.forget(running);
  }

  /** The next invocation starts another, whatever ended this one. */
  private forget(running: Running): void {
    if (this.process !== running) return;
    this.process = undefined;
    this.api.reset();
  }

  private measure(): void {
    if (this.pid === undefined || process.platform !== 'linux') return;
    try {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
      this.highWater = Math.max(this.highWater, Number(kilobytes ?? 0) / 1024);
    } catch {}
  }
}

interface Running {
  readonly child: ChildProcess;
  /** How it ended, in Lambda's words; settled when all that it has written has been read. */
  readonly ended: Promise<string>;
  invoked: boolean;
}

const failure = (errorType: string, errorMessage: string): Outcome => ({ kind: 'error', errorType, errorMessage });

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) =>
    child.once('close', (code, signal) =>
      resolve(
        `Runtime exited ${signal === null ? `with error: exit status ${code}` : `with error: signal: ${signal}`}`,
      ),
    ),
  );

function timer<T>(ms: number, value: () => T): { readonly after: Promise<T>; clear(): void } {
  let handle: NodeJS.Timeout;
  const after = new Promise<T>((resolve) => {
    handle = setTimeout(() => resolve(value()), ms);
  });
  return { after, clear: () => clearTimeout(handle) };
}

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}
