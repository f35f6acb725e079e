import cluster from 'node:cluster';
import type { Command as Program } from 'commander';
import { folderOfHome } from '../../platform/home-name.ts';
import { openNamedHome } from '../../platform/named-home.ts';
import { readSettings, type Settings } from '../../server/settings.ts';
import { type GlobalOptions, type Io, logTo, printLine } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addServerOptions } from '../server-options.ts';

/** Where a process of the server finds the home that was made of model folders. */
const HOME_OF_MODELS = 'TRIMTAB_SERVE_HOME_OF_MODELS';

/** Serves the models of a home, or of folders, until stopped. */
export function addServe(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program
    .command('serve')
    .description('serve models over HTTP in every protocol: in production, in a container, or just to try a folder');
  addServerOptions(command);
  command.action(async (flags: Record<string, string>) => {
    const settings = readSettings(flags, io.env);
    const { home } = options();
    if (flags.model !== undefined && home !== undefined)
      throw new UsageError(
        `serve takes the folders of --model or the models of a home, received both --model ${flags.model} and --home ${home}: leave one out; register puts a folder into a home`,
      );
    // An image has a folder as its default; whoever names a home means that.
    const named = flags.model === undefined && (home ?? io.env.TRIMTAB_HOME) !== undefined;
    const folders = named ? [] : (settings.model ?? []);
    const status = cluster.isWorker
      ? await work(io, options(), settings)
      : await watch(io, options(), settings, folders);
    // Whatever still keeps a process of a server alive has lost its purpose.
    if (status !== 0) throw new ServeError(status);
    if (cluster.isWorker) process.exit(0);
  });
}

/** The server has ended otherwise than by a drain, and has said why. */
class ServeError extends UsageError {
  constructor(status: number) {
    super(status === 1 ? 'stopped before everything under way was finished' : 'the server cannot start');
  }
}

async function watch(io: Io, { home }: GlobalOptions, settings: Settings, folders: readonly string[]): Promise<number> {
  const { homeOfModels } = await import('../../server/ephemeral-home.ts');
  const { Supervisor } = await import('../../server/processes/supervisor.ts');
  const models = folders.length > 0 ? await homeOfModels(folders, (line) => printLine(io.err, line)) : undefined;
  // Nothing watches over models that are only named; elsewhere than in a folder every look costs money.
  const metrics = models === undefined ? await metricsOf(home ?? io.env.TRIMTAB_HOME) : undefined;
  try {
    return await new Supervisor({
      processes: settings.processes,
      // Nothing that blocks a process that answers takes nearly as long; a slow start of a large home may.
      stallMs: (settings.stallTimeout ?? Math.max(30, settings.runTimeout)) * 1_000,
      drainMs: (settings.drainDelay + settings.drainTimeout + 2) * 1_000,
      env: {
        // libuv has four threads: writes that hang on a slow disk must not keep answers from being compressed.
        UV_THREADPOOL_SIZE: io.env.UV_THREADPOOL_SIZE ?? '16',
        ...(models === undefined ? {} : { [HOME_OF_MODELS]: models.folder }),
      },
      log: logTo(io),
      ...(metrics === undefined ? {} : { metrics }),
      onUp: (url, grpc) => {
        if (grpc !== undefined) printLine(io.out, `serving gRPC at ${grpc}`);
        printLine(io.out, `serving at ${url} until stopped (SIGTERM drains)`);
      },
    }).run();
  } finally {
    await models?.remove();
  }
}

/** What is known of a local home's models beside what they answer. */
async function metricsOf(name: string | undefined): Promise<(() => Promise<string>) | undefined> {
  if (name !== undefined && folderOfHome(name) === undefined) return undefined;
  const { scheduledResultMetrics } = await import('../../server/metrics/scheduled-results.ts');
  const opened = await openNamedHome(name);
  return scheduledResultMetrics(opened, opened.description);
}

/** How long a process that cannot start may take to say why; milliseconds. */
const LAST_WORDS_MS = 500;

async function work(io: Io, { home }: GlobalOptions, settings: Settings): Promise<number> {
  // It brings ONNX Runtime along.
  const { serveUnderSupervision } = await import('../../server/processes/child-process.ts');
  const { workerEntry } = await import('../../platform/onnx/worker/worker-entry.ts');
  const models = io.env[HOME_OF_MODELS];
  const open = () => openNamedHome(models ?? home ?? io.env.TRIMTAB_HOME ?? undefined);
  await serveUnderSupervision(open, {
    settings,
    worker: workerEntry(),
    captures: models === undefined,
    log: logTo(io),
  }).catch((error: unknown) => {
    // What was opened until then, and the channel to the supervisor, would keep a process alive that cannot start.
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
    throw error;
  });
  return 0;
}
