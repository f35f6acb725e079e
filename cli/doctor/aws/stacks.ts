import type { AwsInspection, StackResource } from '../../../platform/aws/inspection.ts';
import { fail, ok } from '../check.ts';
import type { Finding } from '../doctor-view.ts';

const STACKS = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'] as const;

/** Looks for the stacks of an environment: what is deployed, and where everything else is found. */
export async function stacksOf(
  inspection: AwsInspection,
  environment: string,
): Promise<{ resources: StackResource[]; findings: Finding[] }> {
  const resources: StackResource[] = [];
  const findings: Finding[] = [];
  for (const stack of STACKS) {
    const name = `Trimtab-${environment}-${stack}`;
    const found = await inspection.stack(name);
    resources.push(...(found ?? []));
    findings.push(
      found === undefined
        ? fail(`stack ${name}`, 'it is not there', {
            expected: 'a stack in this account and region',
            remedy: 'name another environment with --environment, or `npx cdk deploy --all`',
          })
        : ok(`stack ${name}`, `${found.length} resources`),
    );
  }
  return { resources, findings };
}
