import path from 'node:path';
import type { Command as Program } from 'commander';
import { LOCAL_DEFAULTS, OF_SERVE } from '../../local-runtime/local-settings.ts';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { folderOfHome } from '../../platform/home-name.ts';
import { REPORT_INDEX } from '../../usecases/reports/announce-report.ts';
import { type GlobalOptions, type Io, logTo, printLine } from '../context.ts';
import { type Marker, markerOf } from '../doctor/local/local-runtime.ts';
import { UsageError } from '../errors.ts';
import { addServerOptions } from '../server-options.ts';

/** Starts the local runtime and serves until stopped. */
export function addUp(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program.command('up').description('serve the local home: endpoint, drops, schedules, alarms');
  addServerOptions(command, { without: OF_SERVE, defaults: LOCAL_DEFAULTS }).action(
    async (settings: Readonly<Record<string, string>>) => {
      const home = options().home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;
      if (folderOfHome(home) === undefined)
        throw new UsageError('`up` serves a local home; on AWS the endpoint is what was deployed');
      const served = await servedBy(home);
      if (served !== undefined)
        throw new UsageError(`${home} is served already, by process ${served.pid} at ${served.url}: stop that first`);
      // It brings both native libraries along.
      const { startLocalRuntime } = await import('../../local-runtime/local-runtime.ts');
      const runtime = await startLocalRuntime({ home, settings, env: io.env, log: logTo(io) });
      if (runtime.grpc !== undefined) printLine(io.out, `serving gRPC at ${runtime.grpc}`);
      printLine(io.out, `serving ${runtime.home.description} at ${runtime.url} until stopped (Ctrl-C)`);
      printLine(io.out, `all reports: ${path.join(runtime.home.description, 'data', REPORT_INDEX)}`);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await runtime.close();
    },
  );
}

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
