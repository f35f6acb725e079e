import path from 'node:path';
import type { Command as Program } from 'commander';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { folderOfHome } from '../../platform/home-name.ts';
import { REPORT_INDEX } from '../../usecases/reports/announce-report.ts';
import { type GlobalOptions, type Io, logTo, printLine } from '../context.ts';
import { type Marker, markerOf } from '../doctor/local/local-runtime.ts';
import { UsageError } from '../errors.ts';

/** Starts the local runtime and serves until stopped. */
export function addUp(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('up')
    .description('serve the local home: endpoint, drops, schedules, alarms')
    .option('--port <port>', 'port of the endpoint; 0 takes any', '8080')
    .option(
      '--allowed-hosts <names>',
      'names by which it may be called, beside localhost and 127.0.0.1',
      commaSeparated,
    )
    .option(
      '--allowed-origins <origins>',
      'origins whose pages may send requests, such as http://localhost:3000',
      commaSeparated,
    )
    .action(async (own: { port: string; allowedHosts?: string[]; allowedOrigins?: string[] }) => {
      const home = options().home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;
      if (folderOfHome(home) === undefined)
        throw new UsageError('`up` serves a local home; on AWS the endpoint is what was deployed');
      const port = Number(own.port);
      if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new UsageError(`a port is 0 to 65535, received '${own.port}'`);
      const served = await servedBy(home);
      if (served !== undefined)
        throw new UsageError(`${home} is served already, by process ${served.pid} at ${served.url}: stop that first`);
      // It brings both native libraries along.
      const { startLocalRuntime } = await import('../../local-runtime/local-runtime.ts');
      const { allowedHosts = [], allowedOrigins = [] } = own;
      const runtime = await startLocalRuntime({
        home,
        port,
        allowedHosts,
        allowedOrigins,
        env: io.env,
        log: logTo(io),
      });
      printLine(io.out, `serving ${runtime.home.description} at ${runtime.url} until stopped (Ctrl-C)`);
      printLine(io.out, `all reports: ${path.join(runtime.home.description, 'data', REPORT_INDEX)}`);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await runtime.close();
    });
}

const commaSeparated = (text: string): string[] => text.split(',').map((part) => part.trim());

/** Who serves the home, where somebody does: what was killed leaves its mark, and its number may be another's by now. */
async function servedBy(home: string): Promise<Marker | undefined> {
  const marker = await markerOf(home).catch(() => undefined);
  if (marker === undefined || !marker.alive) return undefined;
  const answers = await fetch(`${marker.url}/v2/health/live`, { signal: AbortSignal.timeout(3_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  return answers ? marker : undefined;
}
