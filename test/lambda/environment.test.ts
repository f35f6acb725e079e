import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { LAMBDA_NODE } from '../../scripts/build/lambda-runtime.ts';
import { ExecutionEnvironment } from './environment.ts';
import { describeOnLambda } from './on-lambda.ts';
import { writeFunction } from './packages.ts';
import { canIsolate } from './sandbox.ts';

describeOnLambda('an execution environment', () => {
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function deploy(source: string, { memoryMb = 256, timeoutSeconds = 3 } = {}): Promise<ExecutionEnvironment> {
    const { remove, ...folders } = writeFunction(source);
    cleanups.push(remove);
    const environment = await ExecutionEnvironment.open({ name: 'tried', memoryMb, timeoutSeconds, ...folders });
    cleanups.push(() => environment.close());
    return environment;
  }

  it('starts once, on the Node of the declared runtime, and then only answers', async () => {
    const environment = await deploy(
      'let calls = 0; exports.handler = async (event, context) => ({ event, calls: ++calls, node: process.version, id: context.awsRequestId, left: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn, trace: process.env._X_AMZN_TRACE_ID });',
    );
    const cold = await environment.invoke({ a: 1 }, 'first');
    expect(cold).toMatchObject({
      kind: 'result',
      value: { event: { a: 1 }, calls: 1, node: `v${LAMBDA_NODE.version}`, id: 'first' },
    });
    expect(cold.initMs).toBeGreaterThan(0);
    const warm = await environment.invoke({}, 'second');
    expect(warm).toMatchObject({ value: { calls: 2, id: 'second', arn: expect.stringMatching(/:tried:live$/) } });
    expect(warm.initMs).toBeUndefined();
    const { left, trace } = (warm as { value: { left: number; trace: string } }).value;
    expect(left).toBeGreaterThan(2_000);
    expect(left).toBeLessThanOrEqual(3_000);
    expect(trace).toMatch(/^Root=1-/);
    expect(environment.highWaterMb).toBeGreaterThan(30);
  });

  it('gives the variables of Lambda and no others', async () => {
    const environment = await deploy('exports.handler = async () => process.env;');
    const { value } = (await environment.invoke({})) as { value: Record<string, string> };
    expect(value).toMatchObject({
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      TZ: ':UTC',
    });
    for (const absent of ['HOME', 'USER', 'VITEST', 'NODE_ENV']) expect(value).not.toHaveProperty(absent);
    if (canIsolate) expect(value).toMatchObject({ LAMBDA_TASK_ROOT: '/var/task' });
  });

  it('answers an error of the handler with its name and message, and lives on', async () => {
    const environment = await deploy(
      'exports.handler = async (event) => { if (event.bad) throw new RangeError("too much"); return "well"; };',
    );
    expect(await environment.invoke({ bad: true })).toMatchObject({
      kind: 'error',
      errorType: 'RangeError',
      errorMessage: 'too much',
    });
    const { pid } = environment;
    expect(await environment.invoke({})).toMatchObject({ kind: 'result', value: 'well' });
    expect(environment.pid).toBe(pid);
    expect(environment.lines.join('\n')).toContain('too much');
  });

  it('says why a function cannot be loaded', async () => {
    const environment = await deploy("require('no-such-package'); exports.handler = async () => 1;");
    expect(await environment.invoke({})).toMatchObject({
      kind: 'error',
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringContaining('no-such-package'),
    });
  });

  it('kills at the time-out; the next invocation starts anew and finds /tmp as it was', async () => {
    const environment = await deploy(
      "const fs = require('node:fs'); let calls = 0; exports.handler = async (event) => { calls++; if (event.hang) { fs.writeFileSync(require('node:os').tmpdir() + '/left', 'x'); while (true); } return { calls, left: fs.existsSync(require('node:os').tmpdir() + '/left') }; };",
      { timeoutSeconds: 1 },
    );
    expect(await environment.invoke({})).toMatchObject({ value: { calls: 1, left: false } });
    const late = await environment.invoke({ hang: true }, 'late');
    expect(late).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: late Error: Task timed out after 1.00 seconds',
    });
    expect(late.ms).toBeLessThan(1_500);
    expect(environment.pid).toBeUndefined();
    expect(await environment.invoke({})).toMatchObject({ value: { calls: 1, left: true } });
  });

  it('freezes the function between invocations', async () => {
    const environment = await deploy(
      'let ticks = 0; setInterval(() => ticks++, 5); exports.handler = async () => ticks;',
    );
    const before = (await environment.invoke({})) as { value: number };
    await new Promise((resolve) => setTimeout(resolve, 400));
    const after = (await environment.invoke({})) as { value: number };
    expect(after.value - before.value).toBeLessThan(20);
  });

  it('tells the function of its end by SIGTERM where an extension has registered, and only there', async () => {
    const source =
      "process.on('SIGTERM', () => { console.log('told'); process.exit(0); }); exports.handler = async () => 1;";
    const plain = await deploy(source);
    await plain.invoke({});
    expect(await plain.shutDown()).toMatchObject({ how: 'Runtime exited with error: signal: SIGKILL' });
    expect(plain.lines).toEqual([]);

    const extended = await deploy(source);
    await extended.invoke({});
    const extensions = `http://${extended.api.address}/2020-01-01/extension`;
    const registered = await fetch(`${extensions}/register`, { method: 'POST', body: '{"events":["SHUTDOWN"]}' });
    const id = registered.headers.get('lambda-extension-identifier')!;
    const told = fetch(`${extensions}/event/next`, { headers: { 'lambda-extension-identifier': id } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = await extended.shutDown();
    expect(end).toMatchObject({ how: 'Runtime exited with error: exit status 0' });
    expect(end!.ms).toBeLessThan(2_000);
    expect(extended.lines.join('\n')).toContain('told');
    expect(await (await told).json()).toMatchObject({ eventType: 'SHUTDOWN', shutdownReason: 'spindown' });
  });

  it.runIf(canIsolate)('lets it write to /tmp and nowhere else, as a user of its own', async () => {
    const environment = await deploy(
      "const fs = require('node:fs'); exports.handler = async ({ files }) => ({ uid: process.getuid(), cwd: process.cwd(), tried: files.map((file) => { try { fs.writeFileSync(file, 'x'); return 'written'; } catch (error) { return error.code; } }) });",
    );
    const files = ['/tmp/a', '/var/task/a', '/opt/a', '/a', '/etc/a', '/usr/a', '/var/a'];
    expect(await environment.invoke({ files })).toMatchObject({
      value: { uid: 993, cwd: '/var/task', tried: ['written', ...Array(6).fill('EROFS')] },
    });
    expect(readdirSync(environment.sandbox.tmp)).toEqual(['a']);
    expect(readFileSync(path.join(environment.sandbox.tmp, 'a'), 'utf8')).toBe('x');
    writeFileSync(path.join(environment.sandbox.tmp, 'b'), 'seen from outside');
  });

  it.runIf(canIsolate)('ends a function that takes more memory than it has; the next invocation works', async () => {
    const environment = await deploy(
      'exports.handler = async ({ mb }) => { const held = []; for (let i = 0; i < mb; i += 8) held.push(Buffer.alloc(8 * 1024 * 1024, 1)); return held.length; };',
      { timeoutSeconds: 20 },
    );
    if (!environment.limited) return console.log('no control groups here: the memory of functions is only measured');
    expect(await environment.invoke({ mb: 64 })).toMatchObject({ value: 8 });
    expect(await environment.invoke({ mb: 400 })).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: SIGKILL'),
    });
    expect(await environment.invoke({ mb: 8 })).toMatchObject({ value: 1 });
    expect(environment.highWaterMb).toBeLessThanOrEqual(256);
  });
});
