import type { FunctionFacts } from '../../../platform/aws/inspection.ts';
import { type DoctorCheck, errorReason, fail, ok } from '../check.ts';
import type { Finding } from '../doctor-view.ts';
import type { DeployedContext } from './context.ts';

const RUNTIME = 'nodejs24.x';

/** Functions are active, of the runtime that was tested, all for one processor, which is that of their layers. */
export const functions: DoctorCheck<DeployedContext> = {
  name: 'functions',
  async look({ inspection, resources }) {
    const found = resources.filter(({ type }) => type === 'AWS::Lambda::Function');
    const judged = await Promise.all(
      found.map(async ({ logicalId, id }) => {
        try {
          const facts = await inspection.function(id);
          return { facts, finding: checkFunction(facts) };
        } catch (error) {
          const finding = fail(`function ${logicalId}`, errorReason(error), {
            expected: 'a function that can be looked at',
            remedy: 'was it deleted by hand? `npx cdk deploy --all`',
          });
          return { finding };
        }
      }),
    );
    const processors = new Set(judged.flatMap(({ facts }) => facts?.architecture ?? []));
    return [
      ...judged.map(({ finding }) => finding),
      ...(processors.size > 1
        ? [
            fail('processors', [...processors].join(' and '), {
              expected: 'one for all functions',
              remedy: 'a deployment ended halfway: `npx cdk deploy --all`',
            }),
          ]
        : []),
    ];
  },
};

export function checkFunction(facts: FunctionFacts): Finding {
  const name = `function ${facts.name}`;
  const redeploy = '`npx cdk deploy --all`; the events of the stack say what went wrong';
  if (facts.state !== 'Active' || !['Successful', 'unknown'].includes(facts.lastUpdate))
    return fail(name, `${facts.state}, last update ${facts.lastUpdate}`, {
      expected: 'Active, Successful',
      remedy: redeploy,
    });
  if (facts.runtime !== RUNTIME) return fail(name, facts.runtime, { expected: RUNTIME, remedy: redeploy });
  if (facts.foreignLayers.length > 0)
    return fail(name, `it is for ${facts.architecture}, and ${facts.foreignLayers.join('; ')}`, {
      expected: 'layers for the processor of the function',
      remedy: 'set `architecture` in trimtab.config.json and `npx cdk deploy --all`: it builds both for one',
    });
  return ok(name, `${facts.runtime}, ${facts.architecture}`);
}
