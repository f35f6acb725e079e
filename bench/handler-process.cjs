// Runs the bundled handler and bare ONNX Runtime by turns; standard output is the lines' sink, results go to the parent.
const { readFileSync } = require('node:fs');

const [, , bundle, jobFile] = process.argv;
const BLOCKS = 20;

async function main() {
  const { handler, InferenceSession, Tensor } = require(bundle);
  const context = { getRemainingTimeInMillis: () => 29_000 };
  const results = [];
  for (const job of JSON.parse(readFileSync(jobFile, 'utf8'))) {
    const { runs, event, model, input, shape } = job;
    const session = await InferenceSession.create(model, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const data = Float32Array.from(job.data);
    const bareRun = () => session.run({ [input]: new Tensor('float32', data, shape) });
    const parseRun = () => void JSON.parse(event.body);
    const wholeRun = async () => {
      const { statusCode, body } = await handler(event, context);
      if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`);
    };
    const taken = { whole: [], bare: [], parse: [] };
    await timed(wholeRun, runs / 4);
    await timed(bareRun, runs / 4);
    for (let block = 0; block < BLOCKS; block++) {
      taken.whole.push(...(await timed(wholeRun, runs / BLOCKS)));
      taken.bare.push(...(await timed(bareRun, runs / BLOCKS)));
      if (!event.isBase64Encoded) taken.parse.push(...(await timed(parseRun, runs / BLOCKS)));
    }
    results.push({ what: job.what, ...taken });
    await session.release();
  }
  process.send(results, () => process.exit(0));
}

async function timed(run, times) {
  const taken = [];
  for (let i = 0; i < times; i++) {
    // As on Lambda, where every request comes in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
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
