import { type AwsEnvironment, parseAwsEnvironment } from '../../../platform/aws/environment.ts';
import { openAwsHome } from '../../../platform/aws/home.ts';
import { AwsInspection } from '../../../platform/aws/inspection.ts';
import { lambdaProbe } from '../../../platform/aws/lambda-probe.ts';
import type { Home } from '../../../platform/ports.ts';
import { type DoctorCheck, errorReason, examine, fail, ok } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';
import { alarms } from './alarms.ts';
import { buckets } from './buckets.ts';
import type { AwsContext, DeployedContext } from './context.ts';
import { functions } from './functions.ts';
import { queues } from './queues.ts';
import { schedules } from './schedules.ts';
import { stacksOf } from './stacks.ts';
import { ledgerTableCheck } from './table.ts';

/**
 * Looks at an installation on AWS: first whether it can be found at all, then at what it is made of, then at what is
 * in it.
 *
 * @param inside checks of what is in a home, wherever it is
 */
export async function examineAws(
  env: NodeJS.ProcessEnv,
  environment: string,
  inside: readonly DoctorCheck<HomeContext>[],
  contextOf: (home: Home, probe: HomeContext['probe']) => Promise<HomeContext>,
): Promise<Finding[]> {
  let names: AwsEnvironment;
  try {
    names = parseAwsEnvironment(env);
  } catch (error) {
    return [
      fail('variables', errorReason(error), {
        expected: 'TRIMTAB_TABLE and the three buckets',
        remedy: `export the outputs of Trimtab-${environment}-Stateful`,
      }),
    ];
  }
  const inspection = new AwsInspection(env);
  try {
    const findings: Finding[] = [ok('variables', 'table and buckets are named')];
    try {
      const { region, accessKey } = await inspection.identity();
      findings.push(ok('credentials', `${accessKey.slice(0, 4)}… in ${region}`));
    } catch (error) {
      const advice = { expected: 'a region and credentials', remedy: 'AWS_REGION; `aws configure`, or log in again' };
      return [...findings, fail('credentials', errorReason(error), advice)];
    }
    const stacks = await stacksOf(inspection, environment);
    const deployed: DeployedContext = { names, inspection, environment, resources: stacks.resources };
    // What it is made of needs no ledger that can be read.
    findings.push(
      ...stacks.findings,
      ...(await examine([ledgerTableCheck, buckets, functions, schedules, queues], deployed)),
    );
    const home = await openAwsHome(env);
    try {
      const context: AwsContext = { ...deployed, ...(await contextOf(home, probeOf(deployed))) };
      return [...findings, ...(await examine<AwsContext>([...inside, alarms], context))];
    } catch (error) {
      const advice = { expected: 'a ledger that can be read', remedy: 'see the findings above' };
      return [...findings, fail('ledger', errorReason(error), advice)];
    } finally {
      await home.close();
    }
  } finally {
    inspection.close();
  }
}

/** The endpoint's function by its alias: as the environment names it, else as the stack has it. */
function probeOf({ names, resources }: DeployedContext): HomeContext['probe'] {
  const alias = names.TRIMTAB_ENDPOINT_FUNCTION ?? resources.find(({ type }) => type === 'AWS::Lambda::Alias')?.id;
  if (alias !== undefined) return lambdaProbe(alias);
  return {
    absent: 'nothing says which function answers',
    remedy: 'TRIMTAB_ENDPOINT_FUNCTION: the alias of the endpoint’s function',
  };
}
