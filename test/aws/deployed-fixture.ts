import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { Manifest } from '../../core/manifest/manifest.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { Caller } from '../../demo/client.ts';
import { type Flight, readFlights } from '../../demo/flights.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import { signedFetch } from '../../platform/aws/signed-fetch.ts';
import type { Home } from '../../platform/ports.ts';
import { becomeAdministrator } from './administrator.ts';
import { AlarmSimulator } from './alarm-simulator.ts';
import { bootstrap } from './cdk.ts';
import { type Clients, clients } from './clients.ts';
import { ACCOUNT, Deployment, ENVIRONMENT, REGION, STACKS, trimtab } from './deployment.ts';
import { errorLogs } from './error-logs.ts';
import { EventTap } from './event-tap.ts';
import { LogForwarder } from './log-forwarder.ts';
import { putSamples } from './samples.ts';

export const MODEL = 'flight-delay';
export const EXAMPLE = 'models/flight-delay';
/** The example's alarms look at periods of ten seconds; on a slow machine, what is simulated here takes as long by itself. */
export const PERIOD_SECONDS = 30;

/** The deployed app, and all that its user and this test hold in their hands. */
export class DeployedFixture {
  readonly deployment = new Deployment();
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-models-'));
  readonly models = [1, 2].map((n) =>
    watchedEvery(PERIOD_SECONDS, `${EXAMPLE}/v${n}`, path.join(this.#folder, `v${n}`)),
  );
  readonly manifest = Manifest.parse(JSON.parse(readFileSync(`${this.models[0]}/model.json`, 'utf8')));
  clients!: Clients;
  home!: Home;
  tap!: EventTap;
  caller!: Caller;
  forwarder!: LogForwarder;
  alarms!: AlarmSimulator;

  /** Bootstraps, deploys, and puts everything else up around what is deployed. */
  async open(memoryMb: number): Promise<void> {
    await becomeAdministrator();
    this.clients = clients();
    await this.synthesize(memoryMb);
    await bootstrap(`aws://${ACCOUNT}/${REGION}`, this.deployment.assembly);
    await this.deployment.deploy();
    this.home = await openAwsHome({ ...process.env, ...this.deployment.environment });
    this.tap = await EventTap.open(this.clients, ['trimtab', 'aws.cloudwatch']);
    this.caller = new Caller(this.deployment.url, MODEL, this.manifest.contract.features, signedFetch());
    this.forwarder = new LogForwarder(this.clients.logs, this.clients.cloudwatch, this.clients.firehose);
    this.alarms = new AlarmSimulator(this.clients, this.home);
  }

  async close(): Promise<void> {
    await this.home?.close();
    this.deployment.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The app with the first version's alarms, and an endpoint of so much memory. */
  synthesize(memoryMb: number): Promise<void> {
    return this.deployment.synthesize({ models: [this.models[0]], endpoint: { memoryMb } });
  }

  /** Runs `trimtab` in the deployed home. @throws Error with what it wrote when its status is another */
  async trimtab(args: readonly string[], status = 0): Promise<string> {
    const done = await trimtab(this.deployment.environment, ...args);
    if (done.status !== status)
      throw new Error(`trimtab ${args.join(' ')} ended with ${done.status}:\n${done.out}\n${done.err}`);
    return done.out;
  }

  async entries(): Promise<Entry[]> {
    const all: Entry[] = [];
    for await (const entry of this.home.ledger.entries(MODEL)) all.push(entry);
    return all;
  }

  /** Rows of a file of the example. */
  flights(name: 'spring' | 'summer'): Promise<Flight[]> {
    return readFlights(`${EXAMPLE}/data/traffic-${name}.csv`, this.manifest.contract.features);
  }

  /** An object of the data store, as text. */
  async text(key: string): Promise<string> {
    return new TextDecoder().decode(await this.home.data.get(key));
  }

  /** Name of a function, by its stack and its id there; the CDK adds a hash to that. */
  functionNamed(stack: string, id: string): Promise<string> {
    return this.resourceNamed(stack, id, 'AWS::Lambda::Function');
  }

  async resourceNamed(stack: string, id: string, type: string): Promise<string> {
    const { StackResources = [] } = await this.clients.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: STACKS.find((name) => name.endsWith(stack)) }),
    );
    return StackResources.find(
      ({ ResourceType, LogicalResourceId }) =>
        ResourceType === type && new RegExp(`^${id}(?:[0-9A-F]{8})?$`).test(LogicalResourceId!),
    )!.PhysicalResourceId!;
  }

  /** The endpoint's function as it is behind its alias. */
  async live(): Promise<{ memoryMb: number; version: number }> {
    const FunctionName = await this.functionNamed('Serving', 'EndpointFunction');
    const { MemorySize, Version } = await this.clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName, Qualifier: 'live' }),
    );
    return { memoryMb: MemorySize!, version: Number(Version) };
  }

  /** Invokes a function of data quality as its schedule does. @throws Error when the function fails */
  async onSchedule(id: string): Promise<void> {
    await this.#invoke(await this.functionNamed('DataQuality', id));
  }

  async #invoke(FunctionName: string): Promise<void> {
    const event = { source: 'trimtab.schedule', time: new Date().toISOString() };
    const { FunctionError, Payload } = await this.clients.lambda.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
    );
    if (FunctionError !== undefined)
      throw new Error(`${FunctionName} failed: ${Buffer.from(Payload ?? []).toString()}`);
  }

  /** Switches the judge's schedule off, so that what an alarm sets off is seen, or on again. */
  async scheduleOfJudge(State: 'ENABLED' | 'DISABLED'): Promise<void> {
    const Name = await this.resourceNamed('Monitoring', 'RollbackAdvanceSchedule0', 'AWS::Scheduler::Schedule');
    const { scheduler } = this.clients;
    const { ScheduleExpression, FlexibleTimeWindow, Target, Description } = await scheduler.send(
      new GetScheduleCommand({ Name }),
    );
    const kept = { Name, ScheduleExpression, FlexibleTimeWindow, Target, Description };
    await scheduler.send(new UpdateScheduleCommand({ ...kept, State }));
  }

  /** Invokes the judge of releases as its schedule does. @throws Error when the function fails */
  async judge(): Promise<void> {
    await this.#invoke(await this.functionNamed('Monitoring', 'RollbackAdvance'));
  }

  /** Samples of a 0/1 metric of the champion, of now. */
  async champion(metric: 'Failure' | 'PredictionError', version: number, mean: number): Promise<void> {
    await putSamples(this.clients, {
      environment: ENVIRONMENT,
      model: MODEL,
      variant: 'champion',
      version,
      metric,
      mean,
    });
  }

  /** For whoever has to find out why a step failed. */
  async whatHappened(): Promise<string> {
    const ledger = (await this.entries()).map((e) => `${e.number} ${e.at} ${e.kind} ${e.actor} ${e.reason}`);
    const { transitions } = this.alarms;
    return JSON.stringify({ ledger, transitions, errorLogs: await errorLogs(this.clients) }, null, 1);
  }
}

/** A copy of a model folder whose alarms have periods of another length, maybe under another name. @returns the copy */
export function watchedEvery(periodSeconds: number, from: string, to: string, name?: string): string {
  cpSync(from, to, { recursive: true });
  const file = path.join(to, 'model.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name: string; monitoring: object };
  const monitoring = { ...manifest.monitoring, periodSeconds };
  writeFileSync(file, JSON.stringify({ ...manifest, name: name ?? manifest.name, monitoring }));
  return to;
}
