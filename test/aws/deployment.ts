import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { copyWithout, type Dropped } from './assembly.ts';
import { cdk, deploy } from './cdk.ts';
import { REFUSED, UNKNOWN_CONDITIONS } from './emulator-gaps.ts';

export const ENVIRONMENT = 'emulated';
export const ACCOUNT = '000000000000';
export const REGION = process.env.AWS_REGION ?? 'eu-central-1';
export const STACKS = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'].map(
  (name) => `Trimtab-${ENVIRONMENT}-${name}`,
);

/** The app as it is deployed: synthesized from a configuration, less what the emulator refuses. */
export class Deployment {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-deployment-'));
  readonly assembly = path.join(this.#folder, 'emulated.out');
  dropped = new Map<string, Dropped[]>();
  outputs: Record<string, string> = {};

  /** Synthesizes, with the build that `cdk` runs before each synth. */
  async synthesize(config: Readonly<Record<string, unknown>>): Promise<void> {
    const file = path.join(this.#folder, 'trimtab.config.json');
    const whole = { environment: ENVIRONMENT, account: ACCOUNT, region: REGION, ...config };
    writeFileSync(file, JSON.stringify(whole));
    const output = path.join(this.#folder, 'cdk.out');
    await cdk(['synth', '--quiet', '--output', output, '-c', `config=${file}`]);
    this.dropped = copyWithout(output, this.assembly, { refused: REFUSED, unknown: UNKNOWN_CONDITIONS });
    for (const [stack, resources] of this.dropped)
      for (const { id, type, sid } of resources)
        console.log(`left out of ${stack}: ${sid === undefined ? '' : `statement ${sid} of `}${type} ${id}`);
  }

  async deploy(): Promise<void> {
    const byStack = await deploy(this.assembly, ['--all']);
    this.outputs = Object.assign({}, ...Object.values(byStack)) as Record<string, string>;
  }

  /** What the command line needs to find this home: the outputs by the names that describe them. */
  get environment(): Record<string, string> {
    const names = [
      'TRIMTAB_ENVIRONMENT',
      'TRIMTAB_TABLE',
      'TRIMTAB_ARTIFACTS_BUCKET',
      'TRIMTAB_DATA_BUCKET',
      'TRIMTAB_CAPTURES_BUCKET',
    ];
    return {
      TRIMTAB_HOME: 'aws',
      ...Object.fromEntries(names.map((name) => [name, this.outputs[name.replaceAll('_', '')]!])),
    };
  }

  /**
   * The endpoint's address. The emulator serves an API below a path, too: nothing here resolves host names such as
   * the one in the stack's output.
   */
  get url(): string {
    return urlBelowPath(this.outputs.Url!);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Where the emulator serves the API of an address. */
export function urlBelowPath(url: string): string {
  const id = /^https:\/\/([^.]+)\./.exec(url)?.[1];
  return `${process.env.AWS_ENDPOINT_URL}/_aws/execute-api/${id}/$default`;
}

/** Runs `trimtab` as a user does: a process of its own, with nothing but the environment. */
export async function trimtab(
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [path.resolve('bin/trimtab.mjs'), ...args], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, out, err };
}
