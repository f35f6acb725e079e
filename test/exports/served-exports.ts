import { readFileSync } from 'node:fs';
import path from 'node:path';
import { main } from '../../cli/main.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { ANSWERS } from './answers.ts';

const FOLDER = 'test/exports';

/** Exports on their way from file to served prediction, by the command line alone. */
export class ServedExports {
  private readonly failed = new Map<string, string>();
  private runtime: LocalRuntime | undefined;

  /** @param folder for the model folders and the home */
  constructor(private readonly folder: string) {}

  /** Drafts, registers, approves and releases them, nothing edited in between, and serves what has come so far. */
  async open(names: readonly string[]): Promise<void> {
    for (const name of names) await this.release(name);
    this.runtime = await startLocalRuntime({ home: this.home, port: 0 });
  }

  /** The command that an export did not come through, and what it said; undefined for one that is served. */
  failureOf(name: string): string | undefined {
    return this.failed.get(name);
  }

  /** What `init` wrote. */
  manifestOf = (name: string): unknown => JSON.parse(readFileSync(path.join(this.folder, name, 'model.json'), 'utf8'));

  /** What `trimtab predict` prints for the rows that the library answered. */
  async predict(name: string): Promise<unknown> {
    const { data, predictions } = ANSWERS[name]!;
    const { status, out, err } = await this.run(
      ...['predict', name, '--url', this.runtime!.url, '--json'],
      ...['--data', dataFile(data), '--limit', String(predictions.length)],
    );
    if (status !== 0) throw new Error(`predict: ${err}`);
    return JSON.parse(out);
  }

  /** What the endpoint answers to TensorFlow Serving's classify request with the same rows, columns by their names. */
  async classify(name: string, rows: readonly object[]): Promise<unknown> {
    const url = `${this.runtime!.url}/v1/models/${name}:classify`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ examples: rows }) });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`classify: ${response.status} ${body}`);
    return JSON.parse(body);
  }

  async close(): Promise<void> {
    await this.runtime?.close();
  }

  private get home(): string {
    return path.join(this.folder, 'home');
  }

  private async release(name: string): Promise<void> {
    const { data, label } = ANSWERS[name]!;
    const out = path.join(this.folder, name);
    const commands = [
      ['init', '--model', `${FOLDER}/models/${name}.onnx`, '--data', dataFile(data), '--label', label, '--out', out],
      ['register', out],
      ['approve', name, '1'],
      ['release', name, '1'],
    ];
    for (const command of commands) {
      const { status, err } = await this.run(...command);
      if (status === 0) continue;
      this.failed.set(name, `${command[0]} ended with ${status}: ${err}`);
      return;
    }
  }

  private async run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const status = await main(['--home', this.home, ...argv], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada' },
    });
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
}

const dataFile = (data: string): string => `${FOLDER}/data/${data}.csv`;

/** The first rows of a file of reference rows as objects, without its label and the nameless index. */
export function rowsOf(name: string): Record<string, string | number | null>[] {
  const { data, label, predictions } = ANSWERS[name]!;
  // None of these files has a quote.
  const [head, ...lines] = readFileSync(dataFile(data), 'utf8').split('\n');
  const columns = head!.split(',');
  return lines.slice(0, predictions.length).map((line) =>
    Object.fromEntries(
      line
        .split(',')
        .map((cell, i) => [columns[i]!, cellValue(cell)] as const)
        .filter(([column]) => column !== '' && column !== label),
    ),
  );
}

function cellValue(cell: string): string | number | null {
  if (cell === '') return null;
  return Number.isNaN(Number(cell)) ? cell : Number(cell);
}
