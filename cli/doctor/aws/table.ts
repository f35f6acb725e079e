import { isPreviewName } from '../../../core/model/names.ts';
import type { TableFacts } from '../../../platform/aws/inspection.ts';
import { type DoctorCheck, fail, ok, skipped, warn } from '../check.ts';
import type { Finding } from '../doctor-view.ts';
import type { DeployedContext } from './context.ts';

const KEY = 'pk HASH, sk RANGE';
/** Signatures are refused from five minutes on; alarms and releases are put in order by seconds. */
const SKEW_MS = { warn: 5_000, fail: 240_000 };
const DEPLOY = '`cdk deploy` of the stateful stack sets it; who took it off?';

/** The ledger's table is there and cannot be lost. */
export const ledgerTableCheck: DoctorCheck<DeployedContext> = {
  name: 'table',
  async look({ inspection, names, environment }) {
    return checkTable(names.TRIMTAB_TABLE, await inspection.table(names.TRIMTAB_TABLE), isPreviewName(environment));
  },
};

/** @param name of the table @param preview whether it may be lost with its stack */
export function checkTable(name: string, facts: TableFacts, preview: boolean): Finding[] {
  const of = (what: string): string => `table ${what}`;
  return [
    facts.status === 'ACTIVE'
      ? ok(of('status'), `${name} is active`)
      : fail(of('status'), `${name} is ${facts.status}`, {
          expected: 'ACTIVE',
          remedy: 'wait, or look at the table in the console',
        }),
    facts.key === KEY
      ? ok(of('key'), KEY)
      : fail(of('key'), facts.key, {
          expected: KEY,
          remedy: 'TRIMTAB_TABLE names another table: see the outputs of the stateful stack',
        }),
    facts.encryption === 'KMS'
      ? ok(of('encryption'), 'a key of KMS')
      : warn(of('encryption'), facts.encryption, { expected: 'a key of KMS', remedy: DEPLOY }),
    facts.pointInTimeRecovery
      ? ok(of('recovery'), 'to any second of the last 35 days')
      : fail(of('recovery'), 'off', { expected: 'point-in-time recovery', remedy: DEPLOY }),
    facts.deletionProtection || preview
      ? ok(of('deletion protection'), facts.deletionProtection ? 'on' : 'off: a preview goes with its stacks')
      : fail(of('deletion protection'), 'off', { expected: 'on', remedy: DEPLOY }),
    skew(facts.skewMs),
  ];
}

function skew(ms: number | null): Finding {
  if (ms === null) return skipped('clock', 'the answer had no time');
  const seconds = `${(Math.abs(ms) / 1000).toFixed(1)} s ${ms > 0 ? 'ahead of' : 'behind'} AWS`;
  const advice = {
    expected: `within ${SKEW_MS.warn / 1000} s`,
    remedy: 'set the clock of this machine (NTP): past five minutes AWS refuses every request',
  };
  if (Math.abs(ms) >= SKEW_MS.fail) return fail('clock', seconds, advice);
  return Math.abs(ms) >= SKEW_MS.warn ? warn('clock', seconds, advice) : ok('clock', seconds);
}
