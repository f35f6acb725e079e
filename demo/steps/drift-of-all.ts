import { readSignature } from '../../platform/onnx/model.ts';
import { type DemoContext, MODEL, until } from '../context.ts';
import type { Step } from '../narrator.ts';
import { TrafficGenerator, wrongByVersion } from '../traffic.ts';

const PER_SECOND = 150;
const PATIENCE_SECONDS = 60;

export const driftOfAllStep: Step<DemoContext> = {
  title: 'When drift makes every version as wrong, it does not roll back, says why, and asks for retraining',
  run: async (demo, { say, look, check }) => {
    const { registry } = demo;
    const { version: mended } = await registry.register(
      await demo.modelFolder('v3'),
      await readSignature(demo.example('v3', 'model.onnx')),
    );
    const before = await registry.state(MODEL);
    if (before.retraining !== null) {
      check(true, 'retraining was asked for at an earlier start');
      return;
    }
    if (!before.approved.includes(mended.version))
      await registry.apply(MODEL, {
        type: 'approve',
        version: mended.version,
        reason: 'the delays are in minutes again',
      });
    if (before.challengers.length === 0)
      await registry.apply(MODEL, {
        type: 'start-canary',
        version: mended.version,
        steps: [0.5, 1],
        reason: 'version 2, mended',
      });
    say(
      `version ${mended.version} is version 2 trained on minutes: a good canary. Then come the five worst days of storms.`,
    );

    const from = (await registry.state(MODEL)).revision;
    const traffic = new TrafficGenerator(demo, await demo.traffic('storm'), PER_SECOND);
    const done = await until(async () => (await registry.state(MODEL)).retraining !== null, PATIENCE_SECONDS);
    await traffic.stop();
    const entries = (await registry.history(MODEL)).filter(({ number }) => number > from);
    const asked = entries.find(({ kind }) => kind === 'retraining-requested');
    const state = await registry.state(MODEL);
    say(wrongByVersion(traffic.outcomes));
    check(done && asked !== undefined, `it held, and asked for retraining: ${asked?.reason}`);
    check(
      state.challengers.some(({ version }) => version === mended.version) && state.champion === 1,
      'nothing was rolled back: both variants go on serving',
    );
    check(!state.quarantined.some(({ version }) => version === mended.version), 'and nothing was quarantined');
    look('trimtab status flight-delay');
  },
};
