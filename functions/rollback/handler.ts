import middy from '@middy/core';
import type { AlarmTransition } from '../../core/alarms/alarm.ts';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { evaluatedWindow } from '../../core/alarms/evaluated-window.ts';
import { AlarmStateChange } from '../../events/schemas.ts';
import { parseAwsEnvironment } from '../../platform/aws/environment.ts';
import { lambdaProbe } from '../../platform/aws/lambda-probe.ts';
import { openHome } from '../../platform/home.ts';
import { ForeignAlarmError, rollBack } from '../../usecases/release/roll-back.ts';
import { parsed } from '../middleware/parse-event.ts';

/**
 * Converts the event of a CloudWatch alarm; undefined unless it is the alarm of a model of this environment and has
 * gone into ALARM.
 */
export function transitionOf({ detail }: AlarmStateChange, environment: string): AlarmTransition | undefined {
  const name = parseAlarmName(detail.alarmName);
  if (name?.environment !== environment || detail.state.value !== 'ALARM') return undefined;
  const evaluated = evaluatedWindow(detail.state.reasonData);
  return {
    alarm: detail.alarmName,
    model: name.model,
    from: detail.previousState?.value ?? 'INSUFFICIENT_DATA',
    to: 'ALARM',
    // CloudWatch writes +0000 and odd precisions; one form makes one key.
    at: new Date(detail.state.timestamp).toISOString(),
    reason: detail.state.reason ?? '',
    ...(evaluated === undefined ? {} : { evaluated }),
  };
}

/** What nobody needs to be told of: another try would end the same way. */
function ignored(why: string): { answered: null } {
  process.stdout.write(`${JSON.stringify({ level: 'info', message: `ignored: ${why}` })}\n`);
  return { answered: null };
}

/** TRIMTAB_ENDPOINT_FUNCTION is the alias that is asked what it serves; without it, rollbacks are not verified. */
export const handler = middy()
  .use(parsed(AlarmStateChange))
  .handler(async (event: AlarmStateChange) => {
    const { TRIMTAB_ENVIRONMENT: environment } = parseAwsEnvironment(process.env);
    const transition = transitionOf(event, environment);
    const { alarmName, state } = event.detail;
    if (!transition)
      return ignored(`${alarmName} in ${state.value} is no model’s alarm of environment ${environment} that goes off`);
    const { TRIMTAB_ENDPOINT_FUNCTION: endpoint } = process.env;
    const home = await openHome('aws');
    try {
      const entry = await rollBack(home, endpoint === undefined ? undefined : lambdaProbe(endpoint), transition);
      return entry === undefined ? { answered: null } : { answered: entry.number, kind: entry.kind };
    } catch (error) {
      if (error instanceof ForeignAlarmError) return ignored(error.message);
      throw error;
    } finally {
      await home.close();
    }
  });
