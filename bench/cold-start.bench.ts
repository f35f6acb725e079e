import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Bench, median, ratioRow } from './bench.ts';
import { deploy, event, features, TREE_MODEL } from './deployed-function.ts';

const PAIRS = 60;

/** Requires ONNX Runtime, opens the model with the settings that the endpoint uses, runs it once, says so. */
const BARE = `
const { InferenceSession, Tensor } = require(${JSON.stringify(path.resolve('node_modules/onnxruntime-node'))});
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', extra: { session: { intra_op: { allow_spinning: '0' } } } };
InferenceSession.create(${JSON.stringify(TREE_MODEL)}, options)
  .then((session) => session.run({ features: new Tensor('float32', Float32Array.from(${JSON.stringify(features(1))}), [1, 30]) }))
  .then(({ label }) => process.stdout.write('answer ' + label.data[0]));
`;

/** What Lambda's runtime does: imports the function, calls the handler. */
const WHOLE = (loader: string) => `
import(${JSON.stringify(loader)})
  .then(({ handler }) => handler(${JSON.stringify(event(1))}, {}))
  .then(({ statusCode, body }) => {
    if (statusCode !== 200) throw new Error(body);
    process.stdout.write('answer ' + body);
  });
`;

/**
 * From the start of a process to its first answer: the bundled function on a local home, its folder of model files
 * empty each time, against a bare script that runs the same model once. By turns, medians.
 */
export const bench: Bench = async () => {
  const deployed = await deploy();
  try {
    const bareFile = path.join(deployed.folder, 'bare.cjs');
    const wholeFile = path.join(deployed.folder, 'whole.cjs');
    writeFileSync(bareFile, BARE);
    writeFileSync(wholeFile, WHOLE(deployed.loader));
    const bare: number[] = [];
    const whole: number[] = [];
    for (let pair = -2; pair < PAIRS; pair++) {
      const first = await firstAnswer(bareFile, {});
      rmSync(deployed.env.TRIMTAB_CACHE!, { recursive: true, force: true });
      const second = await firstAnswer(wholeFile, deployed.env);
      // The first two warm the page cache.
      if (pair < 0) continue;
      bare.push(first);
      whole.push(second);
    }
    return [
      ratioRow('cold start of the bundled function: p50 from process start to first answer, against a bare script', {
        own: median(whole),
        other: median(bare),
        max: 1.3,
      }),
    ];
  } finally {
    await deployed.remove();
  }
};

/** Milliseconds until a script has written its answer. */
function firstAnswer(file: string, env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let taken: number | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      if (taken === undefined && chunk.includes('answer ')) taken = performance.now() - started;
    });
    child.once('exit', (code) =>
      taken === undefined ? reject(new Error(`${file} ended with ${code} and gave no answer`)) : resolve(taken),
    );
  });
}
