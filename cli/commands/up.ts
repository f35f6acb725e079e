import type { Command as Program } from 'commander';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { type GlobalOptions, type Io, logTo, printLine } from '../context.ts';
import { UsageError } from '../errors.ts';

/** Starts the local runtime and serves until stopped. */
export function addUp(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('up')
    .description('serve the local home: endpoint, drops, schedules, alarms')
    .option('--port <port>', 'port of the endpoint; 0 takes any', '8080')
    .action(async (own: { port: string }) => {
      const home = options().home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;
      if (home === 'aws') throw new UsageError('`up` serves a local home; on AWS the endpoint is what was deployed');
      const port = Number(own.port);
      if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new UsageError(`a port is 0 to 65535, received '${own.port}'`);
      // It brings both native libraries along.
      const { startLocalRuntime } = await import('../../local-runtime/local-runtime.ts');
      const runtime = await startLocalRuntime({ home, port, log: logTo(io) });
      printLine(io.out, `serving ${runtime.home.description} at ${runtime.url} until stopped (Ctrl-C)`);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await runtime.close();
    });
}
