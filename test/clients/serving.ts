import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundled } from '../fixtures/bundled.ts';

const LAUNCHER = `
import { createRequire } from 'node:module';
const { main } = createRequire(import.meta.url)('./trimtab.cjs');
process.exitCode = await main(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
`;

/** A model to serve: a fixture, or the bytes of one, under a manifest; or an example of models/ as it is. */
export type Served =
  | { readonly manifest: { readonly name: string }; readonly onnx: string | Uint8Array }
  | { readonly example: string };

/** `trimtab serve` in a process of its own, as a client meets it: HTTP and gRPC on free ports. */
export class Serving {
  private constructor(
    readonly url: string,
    /** host:port */
    readonly grpc: string,
    /** The folders of the models, each under its model's name. */
    readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(models: readonly Served[], ...args: string[]): Promise<Serving> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-clients-'));
    await bundled(folder, 'worker', 'platform/onnx/worker/entry.ts');
    await bundled(folder, 'trimtab', 'cli/main.ts');
    const launcher = path.join(folder, 'launcher.mjs');
    await writeFile(launcher, LAUNCHER);
    const named: string[] = [];
    for (const served of models) {
      const to = path.join(folder, 'example' in served ? served.example : served.manifest.name);
      await put(served, to);
      named.push('--model', to);
    }
    const child = spawn(process.execPath, [launcher, 'serve', '--port', '0', '--grpc-port', '0', ...named, ...args]);
    const said = await new Promise<string>((resolve, reject) => {
      let text = '';
      const take = (chunk: Buffer): void => {
        text += chunk.toString();
        if (/serving at \S+ until/.test(text)) resolve(text);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
    });
    return new Serving(
      /serving at (\S+) until/.exec(said)![1]!,
      /serving gRPC at (\S+)/.exec(said)![1]!,
      folder,
      child,
    );
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function put(served: Served, to: string): Promise<void> {
  if ('example' in served) return cp(path.join('models', served.example, 'v1'), to, { recursive: true });
  const { manifest, onnx } = served;
  await mkdir(to);
  const bytes = typeof onnx === 'string' ? await readFile(path.join('test/fixtures/onnx', `${onnx}.onnx`)) : onnx;
  await writeFile(path.join(to, 'model.onnx'), bytes);
  await writeFile(path.join(to, 'model.json'), JSON.stringify(manifest));
}
