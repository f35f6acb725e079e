import path from 'node:path';
import { withExamined } from '../../platform/onnx/examine.ts';
import { baselineOf } from '../../usecases/registry/load-baseline.ts';
import { rehearseCandidate } from '../../usecases/rehearsal/rehearse-candidate.ts';
import { type DemoContext, MODEL, number, percentOf } from '../context.ts';
import type { Step } from '../narrator.ts';

export const registerStep: Step<DemoContext> = {
  title: 'Register two versions from their folders; approve and release version 1',
  run: async (demo, { say, look, check }) => {
    for (const name of ['v1', 'v2']) {
      const folder = await demo.modelFolder(name);
      const file = path.join(folder, 'model.onnx');
      const { version, existed } = await withExamined(file, ({ signature, open }) =>
        demo.registry.register(folder, signature, {
          prepare: (candidate) => rehearseCandidate(candidate, open),
        }),
      );
      const baseline = await baselineOf(demo.runtime.home, version);
      const { inputs, outputs } = version.signature;
      say(
        `version ${version.version}  sha256 ${version.artifact.digest.slice(0, 12)}…  ${inputs.length} inputs, ${outputs.length} outputs, ` +
          `contract of ${version.manifest.contract.features.length} features`,
      );
      say(
        `           baseline of ${number(baseline?.profile.rows ?? 0)} rows in ${baseline?.chunks.length} stretches, wrong on it ${percentOf(baseline?.performance?.errorRate ?? 0)}; ` +
          `trained on ${version.manifest.lineage.dataset}${existed ? ' (registered before)' : ''}`,
      );
    }
    let state = await demo.registry.state(MODEL);
    check(
      state.latest >= 2,
      'two versions are in the ledger, each with digest, signature, contract, baseline and lineage',
    );
    if (!state.approved.includes(1))
      await demo.registry.apply(MODEL, { type: 'approve', version: 1, reason: 'its card and metrics were read' });
    if (state.champion === null)
      await demo.registry.apply(MODEL, { type: 'release', version: 1, reason: 'first release' });
    state = await demo.registry.state(MODEL);
    check(state.champion === 1, 'version 1 is approved, and champion');
    look(demo.place('ledger', MODEL));
  },
};
