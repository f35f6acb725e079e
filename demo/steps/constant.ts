import { readSignature } from '../../platform/onnx/model.ts';
import { type DemoContext, MODEL, percentOf, until } from '../context.ts';
import type { Step } from '../narrator.ts';
import { TrafficGenerator, wrongByVersion } from '../traffic.ts';

const PER_SECOND = 150;
const PATIENCE_SECONDS = 60;

export const constantStep: Step<DemoContext> = {
  title: 'Release a model that never says "late": right for most flights, and taken back all the same',
  run: async (demo, { say, look, check }) => {
    const { registry } = demo;
    const folder = await demo.modelFolder('constant');
    const { version } = await registry.register(folder, await readSignature(demo.example('constant', 'model.onnx')));
    const before = await registry.state(MODEL);
    if (before.quarantined.some((each) => each.version === version.version)) {
      check(true, `version ${version.version} was taken back at an earlier start and is still quarantined`);
      return;
    }
    if (!before.approved.includes(version.version))
      await registry.apply(MODEL, { type: 'approve', version: version.version, reason: 'three of four are right' });
    if (before.challengers.length === 0)
      await registry.apply(MODEL, {
        type: 'start-canary',
        version: version.version,
        steps: [0.25, 0.5, 1],
        reason: 'a smaller model',
      });

    const traffic = new TrafficGenerator(demo, await demo.traffic('summer'), PER_SECOND);
    const done = await until(async () => {
      const { challengers, awaiting } = await registry.state(MODEL);
      return challengers.length === 0 && awaiting === null;
    }, PATIENCE_SECONDS);
    await traffic.stop();

    const own = traffic.outcomes.filter(({ answer }) => answer.version === version.version);
    const late = own.filter(({ wrong }) => wrong).length;
    say(wrongByVersion(traffic.outcomes));
    say(`its errors are all of one kind: it missed each of the ${late} late flights (${percentOf(late / own.length)})`);
    const aborted = (await registry.history(MODEL)).findLast(({ kind }) => kind === 'canary-aborted');
    check(done && aborted !== undefined, `truths showed it: ${aborted?.reason}`);
    const { quarantined, champion } = await registry.state(MODEL);
    check(
      quarantined.some((each) => each.version === version.version) && champion === 1,
      `version ${version.version} is quarantined, and version 1 serves`,
    );
    look(`trimtab quality ${MODEL}`);
  },
};
