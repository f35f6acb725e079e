import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isLoopback } from '../core/access/origins.ts';
import { SCHEDULES } from '../core/alarms/schedules.ts';
import { type LocalHome, openLocalHome } from '../platform/local/home.ts';
import { httpProbe } from '../platform/local/http-probe.ts';
import { workerEntry } from '../platform/onnx/worker/worker-entry.ts';
import type { EndpointProbe } from '../platform/ports.ts';
import { makePrivateFile, makePrivateFolder } from '../platform/private-files.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { watchedGauges } from '../server/metrics/metrics-page.ts';
import { startServing } from '../server/server.ts';
import { AlarmTriggers } from './alarm-triggers.ts';
import { DropLog } from './drop-log.ts';
import { localFunctions } from './functions.ts';
import { localSettings } from './local-settings.ts';
import { watchDrops } from './watch-drops.ts';

export interface LocalRuntimeOptions {
  /** Folder of the home, which holds all data. */
  readonly home: string;
  /** Port of the endpoint; 0 takes any free one. @default that of the settings */
  readonly port?: number;
  /** A loopback address: nobody is asked who they are here. @default 127.0.0.1 */
  readonly host?: string;
  /** Settings of the server, by the names of their flags' values: they come before those of `env`. @default none */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the settings of the server are read from, as those of the standalone server are. @default all as usual */
  readonly env?: NodeJS.ProcessEnv;
  /** Prints a line for operators. @default nothing is printed */
  readonly log?: (line: string) => void;
  /** Seconds between the runs of scheduled functions, by name. @default those of their triggers */
  readonly every?: Readonly<Record<string, number>>;
  /** Seconds for which a file that is written in place must not change before it is judged. @default 10 */
  readonly quietSeconds?: number;
}

/** A running installation without AWS: the endpoint, the functions, and what triggers them. */
export interface LocalRuntime {
  readonly url: string;
  /** Address of gRPC, `host:port`; absent where it is not served. */
  readonly grpc?: string;
  readonly home: LocalHome;
  readonly probe: EndpointProbe;
  readonly alarms: AlarmTriggers;
  /** Writes the buffered captures to the store. */
  flush(): Promise<void>;
  /** Stops taking requests, finishes those in progress, and frees everything. */
  close(): Promise<void>;
}

/** Seconds between two evaluations of the alarms and polls for new files. */
const ALARM_SECONDS = 1;
const DROP_SECONDS = 0.5;
/** Uploads pause for seconds. */
const QUIET_SECONDS = 10;

/**
 * Starts the local runtime for a folder. It stands in for API Gateway, the log subscription, S3's events, EventBridge
 * Scheduler and CloudWatch's alarms, and calls the functions by the same triggers that the constructs deploy.
 */
export async function startLocalRuntime(options: LocalRuntimeOptions): Promise<LocalRuntime> {
  const log = options.log ?? (() => undefined);
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host))
    throw new RangeError(
      `the local runtime asks nobody who they are and listens at a loopback address only, received '${host}': use trimtab serve`,
    );
  const home = await openLocalHome(options.home);
  // It is here to be worked in: data files are dropped into it.
  try {
    makePrivateFolder(home.folder);
  } catch (error) {
    home.bookkeeping.lost('marker', error as Error, 1);
  }
  const serving = await startServing({
    home,
    settings: localSettings(
      { ...options.settings, ...(options.port !== undefined && { port: options.port }), host },
      options.env ?? {},
      log,
    ),
    worker: workerEntry(),
    captures: true,
    collectors: [watchedGauges(home, () => home.ledger.models())],
    log,
  });
  const marker = path.join(home.folder, 'local-runtime.json');
  // Without it others do not know that the home is served: that is no reason not to serve it.
  try {
    makePrivateFile(marker);
    await writeFile(marker, JSON.stringify({ url: serving.url, pid: process.pid }));
  } catch (error) {
    home.bookkeeping.lost('marker', error as Error, 1);
  }
  const probe = httpProbe(serving.url);
  const every = (name: string, usual: number): number => options.every?.[name] ?? usual;
  const schedules = {
    groundTruth: every('ground-truth', SCHEDULES.groundTruth),
    drift: every('drift', SCHEDULES.drift),
    judge: every('advance', SCHEDULES.judge),
  };
  const functions = localFunctions(home, { probe, log, schedules });
  const alarms = new AlarmTriggers(home, functions, log, schedules);

  const processed = await DropLog.open(path.join(home.folder, 'drops.jsonl'));
  const failed = (what: string) => (error: unknown) =>
    log(`${what}: ${error instanceof Error ? error.message : error}`);
  const loops: Interval[] = [startInterval(ALARM_SECONDS, () => alarms.evaluate(), failed('alarms'))];
  for (const fn of functions)
    for (const trigger of fn.spec.triggers) {
      if (trigger.kind === 'schedule' && fn.scheduled)
        loops.push(
          startInterval(
            every(fn.spec.name, trigger.everySeconds),
            () => fn.scheduled!(home.clock.now()),
            failed(fn.spec.name),
          ),
        );
      if (trigger.kind === 'object-created' && fn.created)
        loops.push(
          watchDrops(home, {
            prefix: trigger.prefix,
            function: { name: fn.spec.name, run: fn.created },
            seconds: DROP_SECONDS,
            quietSeconds: options.quietSeconds ?? QUIET_SECONDS,
            processed,
            log,
          }),
        );
    }

  return {
    url: serving.url,
    ...(serving.grpc === undefined ? {} : { grpc: serving.grpc }),
    home,
    probe,
    alarms,
    flush: () => serving.flush(),
    close: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await serving.drain();
      await rm(marker, { force: true }).catch(() => undefined);
    },
  };
}
