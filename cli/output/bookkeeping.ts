import type { StatusView } from '../../usecases/release/status-view.ts';
import { wrapped } from './wrapped.ts';

/** What cannot be written down while requests are answered, and what was lost of it; on AWS, that the alarm is up. */
export function formatBookkeeping({ paging, bookkeeping }: StatusView): string[] {
  const alarm = paging?.find(({ alarm, state }) => alarm.endsWith('-BookkeepingFailure') && state === 'ALARM');
  const losses = (bookkeeping ?? []).flatMap(({ pid, alive, losses: own }) =>
    own.flatMap(({ what, reason, message, since, until, lost, refused }) => {
      const lasts = until === null && alive;
      if (!lasts && lost + refused === 0) return [];
      const time = lasts
        ? `cannot be kept since ${since}`
        : `could not be kept from ${since} to ${until ?? 'the end of the process'}`;
      const why = lasts ? `${reason}: ${message}` : reason;
      return wrapped(`${what} ${time} (${why}): ${lost} lost, ${refused} refused, by process ${pid}`, {
        indent: LABEL.length,
        label: LABEL,
      });
    }),
  );
  if (losses.length > 0) return [...losses, `${''.padEnd(LABEL.length)}docs/runbook/bookkeeping.md`];
  if (alarm === undefined) return [];
  return wrapped(`what is written down beside answers is lost: ${alarm.reason} (docs/runbook/bookkeeping.md)`, {
    indent: LABEL.length,
    label: LABEL,
  });
}

const LABEL = '  not kept    ';
