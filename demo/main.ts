import { readFile, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Manifest } from '../core/manifest/manifest.ts';
import { startLocalRuntime } from '../local-runtime/local-runtime.ts';
import { makeTemporaryFolder } from '../platform/temporary-folder.ts';
import { DemoContext } from './context.ts';
import { EXAMPLE } from './flights.ts';
import { Narrator, type StepOutcome } from './narrator.ts';
import { CompletedSteps } from './progress.ts';
import { constantStep } from './steps/constant.ts';
import { dataStep } from './steps/data.ts';
import { driftStep } from './steps/drift.ts';
import { driftOfAllStep } from './steps/drift-of-all.ts';
import { historyStep } from './steps/history.ts';
import { predictStep } from './steps/predict.ts';
import { registerStep } from './steps/register.ts';
import { rollbackStep } from './steps/rollback.ts';

const STEPS = [registerStep, predictStep, dataStep, driftStep, rollbackStep, constantStep, driftOfAllStep, historyStep];
const USAGE = 'usage: npm start -- [--home FOLDER] [--port PORT] [--exit]';
/** Default port of the endpoint. */
const PORT = 8080;

async function main(argv: readonly string[]): Promise<number> {
  let options: { home?: string; port?: string; exit?: boolean };
  try {
    options = parseArgs({
      args: [...argv],
      options: { home: { type: 'string' }, port: { type: 'string' }, exit: { type: 'boolean' } },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const port = Number(options.port ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`a port is 0 to 65535, received ${options.port}\n${USAGE}`);
    return 2;
  }
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const manifest = Manifest.parse(JSON.parse(await readFile(path.join(root, EXAMPLE, 'v1', 'model.json'), 'utf8')));
  const from = performance.now();
  const runtime = await startLocalRuntime({
    home: options.home ?? path.join(root, '.trimtab'),
    port,
    // Truth is joined and canaries are watched every minute elsewhere; nobody wants to wait for that here.
    every: { 'ground-truth': 1, advance: 5 },
  });
  console.log('Trimtab: one model, from a folder on disk to a release that takes itself back');
  console.log(
    `home ${path.relative(process.cwd(), runtime.home.folder) || '.'}   endpoint ${runtime.url}   up in ${((performance.now() - from) / 1_000).toFixed(1)} s`,
  );

  const scratch = await makeTemporaryFolder('demo');
  const demo = new DemoContext({ root, scratch }, runtime, manifest, `user:${userInfo().username}`);
  const narrator = new Narrator(console.log, process.stdout.isTTY === true && process.env.NO_COLOR === undefined);
  const outcomes: StepOutcome[] = [];
  const completed = await CompletedSteps.open(runtime.home.folder);
  for (const [i, step] of STEPS.entries()) {
    const when = completed.when(step.title);
    const outcome = when === undefined ? await narrator.tell(i + 1, step, demo) : narrator.recall(i + 1, step, when);
    outcomes.push(outcome);
    // The history is shown at every start: there may be more of it.
    if (outcome.held && when === undefined && step !== historyStep) await completed.add(step.title, new Date());
  }
  const held = outcomes.filter((outcome) => outcome.held).length;
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  console.log(`\n${held} of ${outcomes.length} steps held, ${seconds.toFixed(0)} s`);

  if (options.exit !== true) {
    console.log(`serving at ${runtime.url} until stopped (Ctrl-C)`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
  }
  await runtime.close();
  await rm(scratch, { recursive: true, force: true });
  return held === outcomes.length ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
