import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SCHEDULES } from '../core/alarms/schedules.ts';
import { PrometheusSink } from '../core/observability/prometheus.ts';
import { type LocalHome, openLocalHome } from '../platform/local/home.ts';
import { httpProbe } from '../platform/local/http-probe.ts';
import type { EndpointProbe } from '../platform/ports.ts';
import { makePrivateFile, makePrivateFolder } from '../platform/private-files.ts';
import { DeliveryStream } from '../server/captures/delivery-stream.ts';
import { serve } from '../server/http/http-server.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { metricsPage, releaseGauges, watchedGauges } from '../server/metrics/metrics-page.ts';
import { Endpoint } from '../usecases/serving/endpoint.ts';
import { AlarmTriggers } from './alarm-triggers.ts';
import { DropLog } from './drop-log.ts';
import { localFunctions } from './functions.ts';
import { watchDrops } from './watch-drops.ts';

export interface LocalRuntimeOptions {
  /** Folder of the home, which holds all data. */
  readonly home: string;
  /** Port of the endpoint; 0 takes any free one. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Prints a line for operators. @default nothing is printed */
  readonly log?: (line: string) => void;
  /** Seconds between the runs of scheduled functions, by name. @default those of their triggers */
  readonly every?: Readonly<Record<string, number>>;
  /** Seconds for which a file that is written in place must not change before it is judged. @default 10 */
  readonly quietSeconds?: number;
  /** Header in which a trusted proxy identifies the caller, as the standalone server has it. @default none is trusted */
  readonly callerHeader?: string;
}

/** A running installation without AWS: the endpoint, the functions, and what triggers them. */
export interface LocalRuntime {
  readonly url: string;
  readonly home: LocalHome;
  readonly probe: EndpointProbe;
  readonly alarms: AlarmTriggers;
  /** Writes the buffered captures to the store. */
  flush(): Promise<void>;
  /** Stops taking requests, finishes those in progress, and frees everything. */
  close(): Promise<void>;
}

/** Seconds between two evaluations of the alarms, polls for new files, and writes of captures. */
const ALARM_SECONDS = 1;
const DROP_SECONDS = 0.5;
const DELIVERY_SECONDS = 1;
/** Uploads pause for seconds. */
const QUIET_SECONDS = 10;

/**
 * Starts the local runtime for a folder. It stands in for API Gateway, the log subscription, S3's events, EventBridge
 * Scheduler and CloudWatch's alarms, and calls the functions by the same triggers that the constructs deploy.
 */
export async function startLocalRuntime(options: LocalRuntimeOptions): Promise<LocalRuntime> {
  const log = options.log ?? (() => undefined);
  const home = await openLocalHome(options.home);
  // It is here to be worked in: data files are dropped into it.
  makePrivateFolder(home.folder);
  const stream = new DeliveryStream(home, log);
  const sink = new PrometheusSink(home.metrics.environment);
  const endpoint = await Endpoint.open({
    home,
    models: 'all',
    cacheFolder: path.join(home.folder, 'cache'),
    refreshSeconds: 1,
    emit: (line) => stream.write(line),
    sinks: [sink],
    statistics: sink.statistics,
    mirror: 'after',
  });
  const collectors = [
    releaseGauges(() => endpoint.reports()),
    watchedGauges(home, () => [...endpoint.reports().keys()]),
  ];
  const server = await serve(endpoint, {
    first: metricsPage({ sink, collectors }),
    port: options.port,
    host: options.host ?? '127.0.0.1',
    ...(options.callerHeader === undefined ? {} : { callerHeader: options.callerHeader }),
  });
  const marker = path.join(home.folder, 'local-runtime.json');
  makePrivateFile(marker);
  await writeFile(marker, JSON.stringify({ url: server.url, pid: process.pid }));
  const probe = httpProbe(server.url);
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
  const loops: Interval[] = [
    startInterval(DELIVERY_SECONDS, () => stream.flush(), failed('captures')),
    startInterval(ALARM_SECONDS, () => alarms.evaluate(), failed('alarms')),
    // Requests trigger a refresh of the release; this does so when there are none.
    startInterval(1, () => endpoint.refresh(), failed('release')),
  ];
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
    url: server.url,
    home,
    probe,
    alarms,
    flush: () => stream.flush(),
    close: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await server.close();
      await stream.flush();
      await endpoint.close();
      await home.close();
      await rm(marker, { force: true });
    },
  };
}
