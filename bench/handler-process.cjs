// Runs the bundled handler and bare ONNX Runtime by turns; standard output is the lines' sink, results go to the parent.
const { readFileSync } = require('node:fs');

const [, , bundle, model, jobFile] = process.argv;
const BLOCKS = 20;

async function main() {
  const { handler, InferenceSession, Tensor } = require(bundle);
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const context = { getRemainingTimeInMillis: () => 29_000 };
  const results = [];
  for (const { rows, runs, event, features } of JSON.parse(readFileSync(jobFile, 'utf8'))) {
    const data = Float32Array.from(features);
    const bareRun = () => session.run({ features: new Tensor('float32', data, [rows, 30]) });
    const wholeRun = async () => {
      const { statusCode, body } = await handler(event, context);
      if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`);
    };
    await timed(wholeRun, runs / 4);
    await timed(bareRun, runs / 4);
    const whole = [];
    const bare = [];
    for (let block = 0; block < BLOCKS; block++) {
      whole.push(...(await timed(wholeRun, runs / BLOCKS)));
      bare.push(...(await timed(bareRun, runs / BLOCKS)));
    }
    results.push({ rows, whole, bare });
  }
  process.send(results, () => process.exit(0));
}

async function timed(run, times) {
  const taken = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    await run();
    taken.push(performance.now() - started);
  }
  return taken;
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
