import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { createResources } from './resources.ts';

const ENVIRONMENT = 'limits';
const formation = new CloudFormationClient({});
let env: NodeJS.ProcessEnv;

/** The environment of the process is what an AWS home is opened by. */
const before = { ...process.env };
beforeAll(async () => {
  env = {
    ...(await createResources()),
    TRIMTAB_ENVIRONMENT: ENVIRONMENT,
    TRIMTAB_HOME: 'aws',
    TRIMTAB_ACTOR: 'user:ada',
  };
  Object.assign(process.env, env);
});
afterAll(() => {
  for (const name of Object.keys(env)) if (!(name in before)) delete process.env[name];
});

async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(argv, { out: (text) => out.push(text), err: (text) => err.push(text), env });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

/** Replaces the stack that says what the endpoint has. */
async function deployed(limits: string): Promise<void> {
  const StackName = `Trimtab-${ENVIRONMENT}-Serving`;
  const waiting = { client: formation, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await formation.send(new DeleteStackCommand({ StackName }));
  await waitUntilStackDeleteComplete(waiting, { StackName }).catch(() => undefined);
  const template = {
    Resources: { Topic: { Type: 'AWS::SNS::Topic' } },
    Outputs: { EndpointLimits: { Value: limits } },
  };
  await formation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  await waitUntilStackCreateComplete(waiting, { StackName });
}

it('register refuses what the deployed endpoint has no room for, and says where nobody knows', async () => {
  const [v1, v2, v3] = ['v1', 'v2', 'v3'].map((name) => `models/flight-delay/${name}`);
  const unknown = await run('register', v1!);
  expect(unknown).toMatchObject({ status: 0 });
  expect(unknown.out).toContain(
    'whether the deployed endpoint has room for it is not known: no stack says what it has',
  );
  await deployed('{"memoryMb":1769,"cacheMb":1}');
  for (const step of ['approve', 'release'])
    expect(await run(step, 'flight-delay', '1', '--reason', 'test')).toMatchObject({ status: 0 });
  await deployed('{"memoryMb":150,"cacheMb":1}');
  const refused = await run('register', v2!, '--memory-limit', '4000');
  expect(refused.status).toBe(1);
  expect(refused.err).toMatch(
    /the deployed endpoint cannot serve this version: .*beside version 1, and the endpoint has 150 MB: deploy with endpoint\.memoryMb of at least \d+/,
  );
  await deployed('{"memoryMb":1769,"cacheMb":480}');
  const fits = await run('register', v2!);
  expect(fits).toMatchObject({ status: 0 });
  expect(fits.out).not.toContain('is not known');
  expect(await run('approve', 'flight-delay', '2', '--reason', 'test')).toMatchObject({ status: 0 });
  await deployed('{"memoryMb":150,"cacheMb":1}');
  for (const way of [[], ['--canary'], ['--shadow']]) {
    const unfit = await run('release', 'flight-delay', '2', ...way, '--reason', 'test');
    expect(unfit.status).toBe(1);
    expect(unfit.err).toMatch(/cannot serve this version: .*beside version 1, and the endpoint has 150 MB.*--force/);
  }
  expect(await run('release', 'flight-delay', '2', '--shadow', '--force', '--reason', 'test')).toMatchObject({
    status: 0,
  });
  await deployed('{"memoryMb":"much"}');
  expect((await run('register', v3!)).out).toMatch(
    /is not known: the output EndpointLimits of .* is an object of memoryMb and cacheMb, received/,
  );
});
