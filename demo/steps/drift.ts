import { runDriftDetection } from '../../usecases/drift/detect-drift.ts';
import { sentenceOf } from '../../usecases/drift/report.ts';
import { type DemoContext, MODEL, number } from '../context.ts';
import type { Flight } from '../flights.ts';
import type { Step } from '../narrator.ts';

const BATCH = 100;

export const driftStep: Step<DemoContext> = {
  title: 'Look for drift in captured traffic: the training season, a later one, a tiny window',
  run: async (demo, { say, look, check }) => {
    const windows: [string, Flight[], string][] = [
      ['twelve held-out days of the training season', await demo.traffic('spring'), 'no_drift'],
      ['June to August', await demo.traffic('summer'), 'drift'],
      ['forty flights of June', (await demo.traffic('summer')).slice(0, 40), 'insufficient_data'],
    ];
    for (const [name, flights, expected] of windows) {
      const from = new Date();
      for (let i = 0; i < flights.length; i += BATCH) await demo.caller.v2(flights.slice(i, i + BATCH));
      await demo.runtime.flush();
      const to = new Date(Date.now() + 1);
      const report = await runDriftDetection(demo.runtime.home, { model: MODEL, now: to, window: { from, to } });
      check(report.verdict === expected, `${name} (${number(report.rows)} captured rows): ${report.verdict}`);
      say(`  ${sentenceOf(report)}`);
      for (const c of report.columns.filter(({ status }) => status === 'drift').slice(0, 4))
        say(
          `  ${c.column.padEnd(12)} effect ${c.effect.toFixed(3)}, quiet windows stay below ${c.threshold.toFixed(3)}; PSI ${c.psi.toFixed(2)}`,
        );
      if (expected === 'drift')
        check(
          report.columns.some((c) => c.column === 'temp' && c.status === 'drift'),
          'it is the temperature, as it must be',
        );
      look(demo.place('data', report.report));
    }
  },
};
