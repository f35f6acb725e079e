import { ASSUMED } from './assumptions.ts';
import type { CostedDeployment, CostedModel, CostView, Group, Line, Volume } from './cost-view.ts';
import { group, line } from './line.ts';
import type { PriceList } from './prices.ts';

const GB = 1_000_000_000;
/** Of a temporary folder, what is not billed. */
const FREE_TEMPORARY_MB = 512;
const number = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 2 });

/** What a deployment costs in a month, on paper: the arithmetic with its sources, without free tiers and discounts. */
export function estimate(deployment: CostedDeployment, volume: Volume, list: PriceList): CostView {
  const { models } = deployment;
  const groups = [
    installation(deployment, list),
    modelMonths(models, list),
    predictions(deployment, volume, list),
    dataFiles(deployment, volume, list),
  ];
  const total = groups.reduce((sum, each) => sum + each.total, 0);
  return { region: list.region, asOf: list.asOf, sources: [...list.sources], volume, deployment, groups, total };
}

/** What is paid whether or not anything comes in. */
function installation(d: CostedDeployment, { prices }: PriceList): Group {
  const onArm = d.architecture === 'arm64';
  const duration = onArm ? prices.lambdaArm64 : prices.lambdaX64;
  const gb = d.memoryMb / 1024;
  const runs = d.schedules.map((s) => ({ ...s, runs: ASSUMED.monthSeconds / s.everySeconds }));
  const all = runs.reduce((sum, s) => sum + s.runs, 0);
  const polls = (ASSUMED.pollers * ASSUMED.monthSeconds) / ASSUMED.pollSeconds;
  return group('The installation, a month', [
    line(
      'executions kept ready',
      d.provisioned * gb * ASSUMED.monthSeconds,
      onArm ? prices.provisionedArm64 : prices.provisionedX64,
      `${d.provisioned} × ${number(gb)} GB × 730 h; what the scaling adds is not counted`,
    ),
    line('schedules', all, prices.schedules, runs.map((s) => `${s.name} every ${s.everySeconds} s`).join(', ')),
    line('runs of scheduled functions', all, prices.lambdaRequests, 'as above'),
    ...runs.map((s) =>
      line(
        `time of ${s.name}`,
        (s.runs * s.memoryMb * runMs(s.name)) / 1024 / 1000,
        duration,
        `${number(s.runs)} runs × ${number(s.memoryMb / 1024)} GB × ${runMs(s.name)} ms`,
      ),
    ),
    ...runs.map((s) =>
      line(
        `temporary folder of ${s.name}`,
        (s.runs * (s.temporaryMb - FREE_TEMPORARY_MB) * runMs(s.name)) / 1024 / 1000,
        prices.lambdaStorage,
        `the same time × ${number((s.temporaryMb - FREE_TEMPORARY_MB) / 1024)} GB beyond the first half`,
      ),
    ),
    line(
      'logs of scheduled functions',
      (all * (ASSUMED.runLogBytes + 3 * ASSUMED.eventBytes)) / GB,
      prices.logIngestion,
      `three lines of ${ASSUMED.runLogBytes} bytes a run`,
    ),
    line('looks for ground truth', (2 * ASSUMED.monthSeconds) / 60, prices.s3Writes, 'two listings a minute'),
    line(
      'looks into the queue of drops',
      polls,
      prices.queueRequests,
      `${ASSUMED.pollers} pollers, one look in ${ASSUMED.pollSeconds} s each`,
    ),
    line(
      'alarms of the machinery',
      d.alarms,
      prices.alarms,
      'dead letters, schedules, callers, captures, files, bookkeeping',
    ),
    line(
      'custom metrics',
      ASSUMED.fileMetrics + ASSUMED.routeMetrics + ASSUMED.judgeEnvironmentMetrics,
      prices.customMetrics,
      'data files over all, one route of the API (each further one that is called: six), and the judge',
    ),
    line('dashboards', d.dashboards, prices.dashboards, 'the overview'),
    line('keys', d.keys, prices.keys, 'one an environment; its requests are cents, with bucket keys'),
    line(
      'secrets',
      d.secrets,
      prices.secrets,
      'behind what is hashed and encrypted, behind personal labels, and, with a firewall, what it shows',
    ),
  ]);
}

const runMs = (name: string): number => ASSUMED.runMs[name] ?? 1_000;

/** What each model adds, whether or not it is asked anything. */
function modelMonths(models: readonly CostedModel[], { prices }: PriceList): Group {
  const sum = (of: (model: CostedModel) => number): number => models.reduce((total, model) => total + of(model), 0);
  const minutes = ASSUMED.monthSeconds / 60;
  const many = models.length === 1 ? 'one model' : `${models.length} models`;
  return group(`${models.length === 1 ? 'The model' : `${models.length} models`}, a month`, [
    line(
      'alarms',
      sum((m) => m.alarms),
      prices.alarms,
      `${many}; periods of a minute and more`,
    ),
    line(
      'alarms of high resolution',
      sum((m) => m.alarmsHighResolution),
      prices.alarmsHighResolution,
      'periods of 10 or 30 s',
    ),
    line(
      'custom metrics',
      sum((m) => m.series + ASSUMED.datasetMetrics + ASSUMED.judgeMetrics),
      prices.customMetrics,
      'by variant and by version, a champion alone, of one dataset and of the judge; a canary doubles the first for its hours',
    ),
    line('dashboards', models.length, prices.dashboards, many),
    line(
      'metrics read again',
      sum((m) => m.judgedAlarms) * minutes,
      prices.metricsRead,
      'the alarms of a champion, by the judge, every minute; a canary’s are as many again while it lasts',
    ),
    line(
      'reads of the ledger',
      4 * models.length * minutes * ASSUMED.readUnits,
      prices.tableReads,
      'entries and versions, every minute',
    ),
    line('reads of baselines', 2 * models.length * minutes, prices.s3Reads, 'every minute, and what a person is asked'),
  ]);
}

/** What predictions cost: those that are captured as the contract says. */
function predictions(d: CostedDeployment, volume: Volume, { prices }: PriceList): Group {
  const onArm = d.architecture === 'arm64';
  const ready = d.provisioned > 0;
  const requests = volume.predictions / volume.rowsPerRequest;
  const gbs = (requests * d.memoryMb * Math.ceil(volume.latencyMs)) / 1024 / 1000;
  const mean = (of: (model: CostedModel) => number): number =>
    d.models.length === 0 ? 0 : d.models.reduce((total, model) => total + of(model), 0) / d.models.length;
  const captured = mean((m) => m.captureShare * (m.captureBytes + volume.rowsPerRequest * m.captureRowBytes));
  const metric = mean((m) => m.metricBytes);
  const logged = ASSUMED.runLogBytes + ASSUMED.accessLogBytes + metric + captured + 6 * ASSUMED.eventBytes;
  const capturedGb = (requests * captured) / GB;
  const executions = Math.max(
    1,
    d.provisioned,
    Math.ceil((requests / ASSUMED.monthSeconds) * (volume.latencyMs / 1000)),
  );
  const looks = Math.min(requests, (executions * ASSUMED.monthSeconds) / ASSUMED.refreshSeconds);
  const answer = ASSUMED.answerBytes * (1 + (volume.rowsPerRequest - 1) / 5);
  const onDemand = onArm ? prices.lambdaArm64 : prices.lambdaX64;
  const onProvisioned = onArm ? prices.onProvisionedArm64 : prices.onProvisionedX64;
  const duration = ready ? onProvisioned : onDemand;
  return group(`${number(volume.predictions)} predictions`, [
    line('requests to the API', requests, prices.httpRequests, `${number(volume.rowsPerRequest)} rows a request`),
    line('runs of the function', requests, prices.lambdaRequests, 'one a request'),
    line(
      'time of the function',
      gbs,
      duration,
      `${number(requests)} × ${number(d.memoryMb / 1024)} GB × ${Math.ceil(volume.latencyMs)} ms${ready ? ', on executions kept ready' : ''}`,
    ),
    line(
      'its temporary folder',
      (gbs * (d.temporaryMb - FREE_TEMPORARY_MB)) / d.memoryMb,
      prices.lambdaStorage,
      `the same time × ${number((d.temporaryMb - FREE_TEMPORARY_MB) / 1024)} GB beyond the first half`,
    ),
    line(
      'reads of the ledger',
      looks * (1 + d.models.length) * ASSUMED.readUnits,
      prices.tableReads,
      `a look in ${ASSUMED.refreshSeconds} s of each busy execution, at most one a request; the list and ${d.models.length === 1 ? 'the model' : 'each model'}`,
    ),
    line(
      'logs',
      (requests * logged) / GB,
      prices.logIngestion,
      `${Math.round(metric)} bytes of metrics, ${Math.round(captured)} of captures, ${ASSUMED.runLogBytes + ASSUMED.accessLogBytes} about the run, in six events`,
    ),
    line('logs kept', (requests * logged) / GB, prices.logStorage, 'a month, as if not compressed'),
    line('captures delivered', capturedGb, prices.deliveryStream, 'as if not compressed'),
    line(
      'captures written',
      Math.min(requests * Math.min(1, captured), ASSUMED.deliveriesAMonth),
      prices.s3Writes,
      'at most one a minute',
    ),
    line(
      'captures kept',
      capturedGb * ASSUMED.captureMonths,
      prices.s3Storage,
      `${ASSUMED.captureMonths} months, as if not compressed`,
    ),
    line('data to callers', (requests * answer) / GB, prices.dataOut, `${Math.round(answer)} bytes an answer`),
  ]);
}

/** What judging data files costs. */
function dataFiles(d: CostedDeployment, { gigabytes }: Volume, { prices }: PriceList): Group {
  const files = gigabytes / ASSUMED.fileGb;
  const seconds = gigabytes * ASSUMED.secondsPerGb;
  const { memoryMb, temporaryMb } = d.validation;
  const duration = d.architecture === 'arm64' ? prices.lambdaArm64 : prices.lambdaX64;
  const each = (n: number, what: string): string => `${n} ${what} a file of ${ASSUMED.fileGb * 1000} MB`;
  const lines: Line[] = [
    line('events', 2 * files, prices.events, each(2, 'events')),
    line('messages', 3 * files, prices.queueRequests, each(3, 'requests')),
    line('runs of the validation', files, prices.lambdaRequests, each(1, 'run')),
    line(
      'time of the validation',
      (seconds * memoryMb) / 1024,
      duration,
      `${number(seconds)} s × ${number(memoryMb / 1024)} GB; ${ASSUMED.secondsPerGb} s a GB`,
    ),
    line(
      'its temporary folder',
      (seconds * (temporaryMb - FREE_TEMPORARY_MB)) / 1024,
      prices.lambdaStorage,
      `${number(seconds)} s × ${number((temporaryMb - FREE_TEMPORARY_MB) / 1024)} GB`,
    ),
    line('objects written', ASSUMED.fileWrites * files, prices.s3Writes, each(ASSUMED.fileWrites, 'objects')),
    line('objects read', ASSUMED.fileReads * files, prices.s3Reads, each(ASSUMED.fileReads, 'objects')),
    line(
      'files and dataset versions kept',
      gigabytes * (1 + ASSUMED.parquetShare),
      prices.s3Storage,
      'the first month; they stay until you remove them',
    ),
  ];
  return group(`${number(gigabytes)} GB of data files`, lines);
}
