import { championAt } from '../../core/registry/history.ts';
import { type DemoContext, MODEL } from '../context.ts';
import type { Step } from '../narrator.ts';

export const historyStep: Step<DemoContext> = {
  title: "The ledger's history, and who was champion when",
  run: async (demo, { say, look, check }) => {
    const entries = await demo.registry.history(MODEL);
    say(
      `${'#'.padStart(3)}  ${'at (UTC)'.padEnd(12)}  ${'what'.padEnd(20)}  ${'version'.padEnd(7)}  ${'by'.padEnd(17)}  why`,
    );
    for (const e of entries)
      say(
        `${String(e.number).padStart(3)}  ${e.at.slice(11, 23)}  ${e.kind.padEnd(20)}  ${String(e.version ?? '–').padEnd(7)}  ${e.actor.padEnd(17)}  ${short(e.reason)}`,
      );
    check(
      entries.every(({ number, state }, i) => number === i + 1 && state.revision === number),
      'numbers have no gap, and every entry carries the state that it made',
    );
    const released = entries.find(({ kind }) => kind === 'released')!;
    const canary = entries.find(({ kind }) => kind === 'canary-started')!;
    const early = new Date(Date.parse(released.at) - 1).toISOString();
    check(championAt(entries, early) === null, `champion at ${early}: none yet`);
    check(championAt(entries, canary.at) === 1, `champion at ${canary.at}, while version 2 was a canary: version 1`);
    look(`trimtab history ${MODEL} --at ${canary.at}`);
  },
};

const short = (text: string): string => (text.length > 70 ? `${text.slice(0, 69)}…` : text);
