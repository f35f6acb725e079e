import { readFile } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { PlatformError } from '../errors.ts';
import type { AwsHomeName } from '../home-name.ts';
import { clientConfig } from './client-config.ts';
import { AwsEnvironment } from './environment.ts';
import { statusOf } from './failures.ts';

/** Variables that name what belongs to a home: those of another one must not be taken along. */
const VARIABLES = [...Object.keys(AwsEnvironment.shape), 'TRIMTAB_PRIVACY_SECRET', 'TRIMTAB_LABELS_SECRET'];

/** What `cdk deploy --outputs-file` writes: outputs by stack, each by its name in the template. */
const OutputsFile = z.record(z.string(), z.record(z.string(), z.string()));

type Names = Readonly<Record<string, string>>;

function withNames(env: NodeJS.ProcessEnv, names: Names): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !VARIABLES.includes(name));
  return { ...Object.fromEntries(others), ...names };
}

/**
 * Variables by which a home is found that is named by its environment or by a file: the given ones, with the names of
 * that home and without those of another.
 *
 * @throws PlatformError when its profile has no credentials or region, or what it is named by does not say where it is
 */
export async function environmentOfHome(env: NodeJS.ProcessEnv, home: AwsHomeName): Promise<NodeJS.ProcessEnv> {
  const { environment, outputs, profile } = home;
  if (profile !== undefined) await mustBeProfile(profile);
  if (outputs !== undefined) return withNames(env, await namesInFile(outputs, environment));
  return environment === undefined ? env : withNames(env, await namesOfStack(environment, profile));
}

/** Asked before anything else: a client that finds no credentials does not say whose. */
async function mustBeProfile(profile: string): Promise<void> {
  const client = new CloudFormationClient({ profile });
  try {
    await Promise.all([client.config.credentials(), client.config.region()]);
  } catch (cause) {
    throw new PlatformError(
      `the profile ${profile} of the AWS configuration cannot be used: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  } finally {
    client.destroy();
  }
}

/**
 * Names of table, buckets and secrets of an environment, from the outputs of its stateful stack.
 *
 * @param profile of the AWS configuration, for region and credentials. @default those that the SDK finds
 * @throws PlatformError when there is no such stack
 */
async function namesOfStack(environment: string, profile: string | undefined): Promise<Names> {
  const stack = `Trimtab-${environment}-Stateful`;
  const client = new CloudFormationClient({ ...clientConfig(10_000), ...(profile !== undefined && { profile }) });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = (Stacks[0]?.Outputs ?? []).map(({ Description = '', OutputValue = '' }) => [
      Description,
      OutputValue,
    ]);
    return Object.fromEntries(outputs.filter(([name = '']) => VARIABLES.includes(name)));
  } catch (error) {
    if (!/does not exist/.test((error as Error).message) && statusOf(error) !== 404) throw error;
    const region = await client.config.region();
    throw new PlatformError(
      `there is no stack ${stack} in ${region}${profile === undefined ? '' : ` of the profile ${profile}`}: is it another environment, region or account?`,
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/**
 * The same, from a file that `cdk deploy --outputs-file` wrote.
 *
 * @param environment which of those in the file. @default the only one
 * @throws PlatformError when the file is none, or it has not exactly one such environment
 */
async function namesInFile(file: string, environment: string | undefined): Promise<Names> {
  const found = homesIn(file, await readFile(file, 'utf8'));
  const there = found.map(({ TRIMTAB_ENVIRONMENT: name }) => name);
  const [names, ...others] = found.filter(
    ({ TRIMTAB_ENVIRONMENT: name }) => environment === undefined || name === environment,
  );
  if (names === undefined)
    throw new PlatformError(
      environment === undefined || there.length === 0
        ? `${file} holds no outputs of a stack Trimtab-<environment>-Stateful`
        : `${file} has no environment ${environment}, there ${there.length === 1 ? 'is' : 'are'} ${there.join(', ')}`,
    );
  if (others.length > 0)
    throw new PlatformError(
      `${file} has ${environment === undefined ? 'the environments' : 'several stacks of'} ${there.join(', ')}: say which, as aws:${file}#${there[0]}`,
    );
  return names;
}

function homesIn(file: string, text: string): Names[] {
  const byOutput = new Map(VARIABLES.map((name) => [name.replaceAll('_', ''), name]));
  let outputs: z.infer<typeof OutputsFile>;
  try {
    outputs = OutputsFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new PlatformError(`${file} is no file of outputs, as \`cdk deploy --outputs-file\` writes it`, { cause });
  }
  return Object.values(outputs)
    .map((stack) =>
      Object.fromEntries(
        Object.entries(stack).flatMap(([output, value]) => {
          const name = byOutput.get(output);
          return name === undefined ? [] : [[name, value]];
        }),
      ),
    )
    .filter((names) => 'TRIMTAB_ENVIRONMENT' in names && 'TRIMTAB_TABLE' in names);
}
