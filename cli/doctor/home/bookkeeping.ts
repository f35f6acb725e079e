import { type DoctorCheck, fail, ok, skipped, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';
import { LOSS_REMEDIES } from './loss-remedies.ts';

/** What processes that serve the home could not write down, while they went on answering. */
export const bookkeeping: DoctorCheck<HomeContext> = {
  name: 'bookkeeping',
  async look({ home }) {
    if (home.kind === 'aws') return [skipped('bookkeeping', 'functions tell it by the alarm BookkeepingFailure')];
    const findings = (await home.bookkeepingNotes()).flatMap(({ host, pid, alive, losses }) =>
      losses.map(({ what, reason, message, since, until, lost, refused }): Finding => {
        const name = `bookkeeping: ${what}`;
        const counts = `${lost} lost, ${refused} refused, by process ${pid} of ${host}`;
        const lasts = until === null && alive;
        const found = lasts
          ? `cannot be kept since ${since} (${reason}): ${message}; ${counts}`
          : `could not be kept from ${since} to ${until ?? 'the end of the process'} (${reason}); ${counts}`;
        const advice = { expected: 'that all of it is kept', remedy: LOSS_REMEDIES[reason] ?? LOSS_REMEDIES.failed! };
        if (lasts) return fail(name, found, advice);
        return lost + refused > 0 || until === null
          ? warn(name, found, advice)
          : ok(name, `${found}; nothing is missing`);
      }),
    );
    return findings.length > 0 ? findings : [ok('bookkeeping', 'all of it was kept')];
  },
};
