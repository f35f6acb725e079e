import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PrometheusSink } from '../core/observability/prometheus.ts';
import { type LocalHome, openLocalHome } from '../platform/local/home.ts';
import { httpProbe } from '../platform/local/http-probe.ts';
import type { EndpointProbe } from '../platform/ports.ts';
import { DeliveryStream } from '../server/captures/delivery-stream.ts';
import { serve } from '../server/http/http-server.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { metricsPage, releaseGauges, watchedGauges } from '../server/metrics/metrics-page.ts';
import { Endpoint } from '../usecases/serving/endpoint.ts';
import { AlarmLoop } from './alarm-evaluator.ts';
import { localFunctions } from './functions.ts';
import { watchDrops } from './watch-drops.ts';

export interface StageOptions {
  /** Folder of the home; everything is below it. */
  readonly home: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Takes lines for people. @default none are printed */
  readonly log?: (line: string) => void;
  /** Seconds between runs of a scheduled function, instead of those in its trigger. */
  readonly every?: Readonly<Record<string, number>>;
}

/** Where the program runs without AWS: the functions, and what sets them off. */
export interface LocalRuntime {
  readonly url: string;
  readonly home: LocalHome;
  readonly probe: EndpointProbe;
  readonly alarms: AlarmLoop;
  /** Delivers captures that are still being gathered. */
  flush(): Promise<void>;
  /** Stops taking requests, finishes what is under way, and frees everything. */
  close(): Promise<void>;
}

/** Seconds between two looks at the alarms, at the drop folder, and between deliveries of captures. */
const ALARM_SECONDS = 1;
const DROP_SECONDS = 0.5;
const DELIVERY_SECONDS = 1;

/**
 * Starts the local runtime: plays API Gateway, the log subscription, S3's events, the scheduler and CloudWatch's alarms
 * for a folder, by the same triggers that the constructs read.
 */
export async function startLocalRuntime(options: StageOptions): Promise<LocalRuntime> {
  const log = options.log ?? (() => undefined);
  const home = await openLocalHome(options.home);
  const stream = new DeliveryStream(home, log);
  const sink = new PrometheusSink();
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
  });
  const marker = path.join(home.folder, 'local-runtime.json');
  await writeFile(marker, JSON.stringify({ url: server.url, pid: process.pid }));
  const probe = httpProbe(server.url);
  const functions = localFunctions(home, probe);
  const alarms = new AlarmLoop(home, functions, log);

  const failed = (what: string) => (error: unknown) =>
    log(`${what}: ${error instanceof Error ? error.message : error}`);
  const loops: Interval[] = [
    startInterval(DELIVERY_SECONDS, () => stream.flush(), failed('captures')),
    startInterval(ALARM_SECONDS, () => alarms.look(), failed('alarms')),
    // The endpoint looks at its release beside requests; here it also does when nobody asks.
    startInterval(1, () => endpoint.refresh(), failed('release')),
  ];
  for (const fn of functions)
    for (const trigger of fn.spec.triggers) {
      if (trigger.kind === 'schedule' && fn.scheduled)
        loops.push(
          startInterval(
            options.every?.[fn.spec.name] ?? trigger.everySeconds,
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
