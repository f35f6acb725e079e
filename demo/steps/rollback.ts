import { type DemoContext, MODEL, until } from '../context.ts';
import type { Step } from '../narrator.ts';
import { TrafficGenerator, wrongByVersion } from '../traffic.ts';

const PER_SECOND = 150;
const PATIENCE_SECONDS = 60;

export const rollbackStep: Step<DemoContext> = {
  title: 'Release version 2, which is really worse, as a canary; it takes itself back',
  run: async (demo, { say, look, check }) => {
    const { registry, runtime } = demo;
    say('version 2 was trained on delays in hours; production sends minutes. Its own metrics look fine.');
    const before = await registry.state(MODEL);
    if (before.quarantined.some(({ version }) => version === 2)) {
      check(true, 'version 2 was taken back at an earlier start and is still quarantined');
      return;
    }
    if (!before.approved.includes(2))
      await registry.apply(MODEL, { type: 'approve', version: 2, reason: 'its offline metrics look slightly better' });
    if (before.challengers.length === 0)
      await registry.apply(MODEL, {
        type: 'start-canary',
        version: 2,
        steps: [0.25, 0.5, 1],
        reason: 'retrained with May',
      });

    const traffic = new TrafficGenerator(demo, await demo.traffic('summer'), PER_SECOND);
    const done = await until(async () => {
      const { challengers, awaiting } = await registry.state(MODEL);
      return challengers.length === 0 && awaiting === null;
    }, PATIENCE_SECONDS);
    // A little longer, to see who answers afterwards.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await traffic.stop();

    const history = await registry.history(MODEL);
    const aborted = history.findLast(({ kind }) => kind === 'canary-aborted');
    const verified = history.findLast(({ kind }) => kind === 'rollback-verified');
    const state = await registry.state(MODEL);
    say(wrongByVersion(traffic.outcomes));
    check(done && aborted !== undefined, `truths that came in showed which version is to blame: ${aborted?.reason}`);
    check(
      state.quarantined.some(({ version }) => version === 2),
      'version 2 is quarantined',
    );
    check(verified !== undefined, `${verified?.reason}`);

    const bad = traffic.outcomes.filter(({ answer, wrong }) => answer.version === 2 && wrong);
    const [first, last] = [bad[0]?.answer.at, bad.at(-1)?.answer.at];
    if (first !== undefined && last !== undefined)
      say(
        `${((last - first) / 1_000).toFixed(1)} seconds from the first bad answer to the last (${bad.length} of ${traffic.outcomes.length} answers)`,
      );
    const report = await runtime.probe.report(MODEL);
    check(report.champion === 1 && report.challengers.length === 0, 'the endpoint serves version 1, and it alone');
    look('trimtab history flight-delay');
  },
};
