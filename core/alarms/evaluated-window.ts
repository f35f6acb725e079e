import * as z from 'zod';
import type { EvaluatedWindow } from './alarm.ts';

/** `reasonData` of an alarm's state, which is JSON in a string: by what an alarm on one metric was evaluated. */
const AlarmReasonData = z.looseObject({
  startDate: z.string().optional(),
  queryDate: z.string().optional(),
  period: z.number().positive().optional(),
  evaluatedDatapoints: z.array(z.looseObject({ timestamp: z.string() })).optional(),
});
type AlarmReasonData = z.infer<typeof AlarmReasonData>;

/**
 * The time that CloudWatch evaluated an alarm by: from the first of its datapoints to the end of the last period, or to
 * its question for them. Undefined where the event does not say it.
 *
 * @param reasonData `detail.state.reasonData` of the event
 */
export function evaluatedWindow(reasonData: string | undefined): EvaluatedWindow | undefined {
  const data = parsed(reasonData);
  if (data === undefined) return undefined;
  const { startDate, queryDate, period = 0, evaluatedDatapoints = [] } = data;
  const points = evaluatedDatapoints.map(({ timestamp }) => Date.parse(timestamp)).filter(Number.isFinite);
  const from = Math.min(...(startDate === undefined ? [] : [Date.parse(startDate)]), ...points);
  const asked = queryDate === undefined ? Number.POSITIVE_INFINITY : Date.parse(queryDate);
  const to = points.length === 0 ? asked : Math.min(asked, Math.max(...points) + 1_000 * period);
  if (!Number.isFinite(from) || !Number.isFinite(to) || to <= from) return undefined;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

function parsed(text: string | undefined): AlarmReasonData | undefined {
  try {
    return AlarmReasonData.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
