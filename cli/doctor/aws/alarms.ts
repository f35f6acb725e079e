import { alarmPrefix } from '../../../core/alarms/definitions.ts';
import type { AlarmFacts } from '../../../platform/aws/inspection.ts';
import { alarmDefinitions } from '../../../usecases/release/alarm-definitions.ts';
import { type DoctorCheck, fail, ok, warn } from '../check.ts';
import type { Finding } from '../doctor-view.ts';
import type { AwsContext } from './context.ts';

/** Every released model that was deployed has its alarms; none is up, switched off, or without data. */
export const alarms: DoctorCheck<AwsContext> = {
  name: 'alarms',
  async look({ home, inspection, models, environment }) {
    const findings: Finding[] = [];
    for (const model of models) {
      const { definitions } = await alarmDefinitions(home, model);
      if (definitions.length === 0) continue;
      const deployed = await inspection.alarms(alarmPrefix(environment, model));
      const expected = definitions.map(({ name }) => name);
      findings.push(...checkAlarms(`alarms of ${model}`, expected, deployed));
    }
    const machinery = await inspection.alarms(`Trimtab-${environment}-`);
    if (machinery.length === 0)
      findings.push(
        fail('alarms of the machinery', 'none', { expected: 'those of the stacks', remedy: '`npx cdk deploy --all`' }),
      );
    else findings.push(...checkAlarms('alarms of the machinery', [], machinery));
    return findings;
  },
};

/** @param expected names of alarms that must be there, if there are any: a model that was registered later needs none */
export function checkAlarms(name: string, expected: readonly string[], deployed: readonly AlarmFacts[]): Finding[] {
  if (deployed.length === 0)
    return [ok(name, 'none of its own: the judge looks at it each minute, and the environment’s alarms page for it')];
  const missing = expected.filter((wanted) => !deployed.some((alarm) => alarm.name === wanted));
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(
      fail(name, `${missing.length} of ${expected.length} are not there: ${missing.join(', ')}`, {
        expected: 'an alarm for each definition of the champion’s manifest',
        remedy: 'name the model’s folder in `models` of trimtab.config.json, and `npx cdk deploy --all`',
      }),
    );
  for (const alarm of deployed) {
    if (alarm.state === 'ALARM')
      findings.push(
        fail(`alarm ${alarm.name}`, `it is up: ${alarm.reason}`, {
          expected: 'OK',
          remedy: 'its description links the runbook',
        }),
      );
    else if (!alarm.actions)
      findings.push(
        warn(`alarm ${alarm.name}`, 'its actions are switched off', {
          expected: 'on',
          remedy: 'aws cloudwatch enable-alarm-actions',
        }),
      );
  }
  const blind = deployed.filter(({ state }) => state === 'INSUFFICIENT_DATA');
  if (blind.length > 0)
    findings.push(
      warn(name, `${blind.length} of ${deployed.length} have never seen data, such as ${blind[0]?.name}`, {
        expected: 'OK',
        remedy: 'normal for some minutes after a deployment; then their metric is not emitted: has the model traffic?',
      }),
    );
  return findings.length > 0 ? findings : [ok(name, `${deployed.length}, none is up`)];
}
