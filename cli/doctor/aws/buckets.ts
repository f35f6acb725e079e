import type { BucketFacts } from '../../../platform/aws/inspection.ts';
import { type DoctorCheck, errorReason, fail, ok } from '../check.ts';
import type { Finding } from '../doctor-view.ts';
import type { DeployedContext } from './context.ts';

const DEPLOY = '`cdk deploy` of the stateful stack sets it; who took it off?';

/** The stores are there, private and encrypted; what must not be lost keeps its versions; drops are told of. */
export const buckets: DoctorCheck<DeployedContext> = {
  name: 'buckets',
  async look({ inspection, names }) {
    const stores = [
      { store: 'artifacts', name: names.TRIMTAB_ARTIFACTS_BUCKET, versions: true, events: false },
      { store: 'data', name: names.TRIMTAB_DATA_BUCKET, versions: true, events: true },
      // Captures are written once: versions would only cost.
      { store: 'captures', name: names.TRIMTAB_CAPTURES_BUCKET, versions: false, events: false },
    ];
    const findings = await Promise.all(
      stores.map(async ({ store, name, ...wanted }) => {
        try {
          return checkBucket(store, name, await inspection.bucket(name), wanted);
        } catch (error) {
          return [
            fail(`bucket of ${store}`, `${name}: ${errorReason(error)}`, {
              expected: 'a bucket that can be reached',
              remedy: 'is the name that of the stateful stack’s outputs, and may you read it?',
            }),
          ];
        }
      }),
    );
    return findings.flat();
  },
};

/** @param wanted what this store needs besides what all do */
export function checkBucket(
  store: string,
  name: string,
  facts: BucketFacts,
  wanted: { readonly versions: boolean; readonly events: boolean },
): Finding[] {
  const of = (what: string): string => `bucket of ${store}: ${what}`;
  return [
    facts.blocked
      ? ok(of('access'), `${name}, all public access blocked`)
      : fail(of('access'), 'public access is not blocked', { expected: 'all four blocks', remedy: DEPLOY }),
    facts.encryption === null
      ? fail(of('encryption'), 'none', { expected: 'aws:kms', remedy: DEPLOY })
      : ok(of('encryption'), facts.encryption),
    ...(wanted.versions
      ? [
          facts.versioning
            ? ok(of('versions'), 'kept')
            : fail(of('versions'), 'not kept', {
                expected: 'every write of a key is kept for 30 days',
                remedy: DEPLOY,
              }),
        ]
      : []),
    ...(wanted.events
      ? [
          facts.eventBridge
            ? ok(of('events'), 'EventBridge is told of every object')
            : fail(of('events'), 'nobody is told of objects', {
                expected: 'EventBridge is told: no drop is judged else',
                remedy: DEPLOY,
              }),
        ]
      : []),
  ];
}
