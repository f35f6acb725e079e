import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import * as z from 'zod';
import { httpProbe } from '../../../platform/local/http-probe.ts';
import { isRunning } from '../../../platform/process-token.ts';
import { type DoctorCheck, errorReason, fail, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';

const Marker = z.object({ url: z.url(), pid: z.int() });

/** What `local-runtime.json` of a home says of the process that serves it. */
export type Marker = z.infer<typeof Marker> & { readonly alive: boolean };

/** The marker; undefined when no local runtime serves the home. @throws when it is damaged */
export async function markerOf(home: string): Promise<Marker | undefined> {
  const text = await readFile(path.join(home, 'local-runtime.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const marker = Marker.parse(JSON.parse(text));
  return { ...marker, alive: isRunning(marker.pid) };
}

/** The probe of the local runtime that serves a home. */
export async function localRuntimeProbe(home: string): Promise<HomeContext['probe']> {
  const marker = await markerOf(home).catch(() => undefined);
  if (marker?.alive) return httpProbe(marker.url);
  return {
    absent: 'no `trimtab up` serves this home',
    remedy: 'a `trimtab serve` of it leaves no mark: ask it itself, at /v2/health/ready',
  };
}

export interface LocalRuntimeContext {
  readonly folder: string;
  /** Port that `trimtab up` takes when nothing is said. */
  readonly port: number;
}

/** The local runtime of the home is alive and answers; where there is none, the port is free. */
export const localRuntime: DoctorCheck<LocalRuntimeContext> = {
  name: 'local-runtime',
  async look({ folder, port }) {
    const marker = await markerOf(folder).catch((error: unknown) => error as Error);
    if (marker instanceof Error)
      return [
        fail('local-runtime', `local-runtime.json cannot be read: ${errorReason(marker).split('\n')[0]}`, {
          expected: 'address and process of who serves the home',
          remedy: `delete ${path.join(folder, 'local-runtime.json')}`,
        }),
      ];
    if (marker === undefined) return [await portFree(port)];
    if (!marker.alive)
      return [
        warn('local-runtime', `local-runtime.json names process ${marker.pid}, which is no more`, {
          expected: 'no local-runtime.json, or a process that runs',
          remedy: `it was killed: \`trimtab up\` again, or delete ${path.join(folder, 'local-runtime.json')}`,
        }),
      ];
    const answered = await fetch(`${marker.url}/v2/health/live`, { signal: AbortSignal.timeout(3_000) }).catch(
      (error: unknown) => error as Error,
    );
    if (answered instanceof Response && answered.ok)
      return [ok('local-runtime', `${marker.url}, process ${marker.pid}`)];
    const why = answered instanceof Response ? `answered ${answered.status}` : errorReason(answered);
    return [
      fail('local-runtime', `process ${marker.pid} runs and ${marker.url} does not answer: ${why}`, {
        expected: 'an answer within 3 s',
        remedy: 'is it stopped, or another program under the same number? Stop it and `trimtab up` again',
      }),
    ];
  },
};

async function portFree(port: number) {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (error === undefined) return ok('port', `${port} is free`);
  return warn('port', `${port} is not to be had: ${error.code}`, {
    expected: 'a free port for `trimtab up`',
    remedy: 'is it `trimtab serve` that has it? `trimtab up --port 0` takes any',
  });
}
