import { Manifest } from '../../core/manifest/manifest.ts';
import { Baseline } from '../../core/profile/profile.ts';
import { linksTo } from '../../core/registry/chain.ts';
import { decide } from '../../core/registry/decide.ts';
import { EMPTY_STATE } from '../../core/registry/ledger.ts';
import { type Artifact, ModelVersion } from '../../core/registry/version.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import type { VersionBehaviour } from '../../core/simulation/behaviour.ts';
import { expectedFeature } from '../../core/simulation/features.ts';
import { DEFAULT_TOLERANCE } from '../../core/simulation/outcomes.ts';
import { likenessOf } from '../../core/simulation/replayed.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { classesOf } from '../../core/simulation/scenario-rules.ts';
import { valueAt } from '../../core/simulation/varying.ts';
import { referenceErrors } from '../../core/simulation/versions.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';

/** Who does what people do in a scenario. */
export const PERSON = 'user:simulation';

/** Rows that both versions are asked about at registration. */
const SIDE_BY_SIDE_ROWS = 5_000;

/** Rows that the reference of every version has. */
const REFERENCE_ROWS = 100_000;

/** Registers and approves the versions of a scenario, in their order. */
export async function registerVersions(home: Home, scenario: Scenario, versions: readonly VersionBehaviour[]) {
  const manifest = manifestOf(scenario);
  const registry = new Registry(home, PERSON);
  for (const [i, behaviour] of versions.entries()) {
    const at = home.clock.now().toISOString();
    const version = ModelVersion.parse({
      model: manifest.name,
      version: i + 1,
      artifact: artifactOf('models', 'onnx', behaviour.name),
      baseline: await storeBaseline(home, baselineOfVersion(scenario, behaviour, at)),
      ...(scenario.replay && i > 0 ? { sideBySide: await storeSideBySide(home, versions, i + 1) } : {}),
      signature: {
        inputs: [{ name: 'x', type: 'float32', shape: [-1, 1] }],
        outputs: [{ name: 'y', type: 'float32', shape: [-1, 2] }],
      },
      manifest,
      registeredAt: at,
      registeredBy: PERSON,
    });
    const latest = await home.ledger.latest(manifest.name);
    const reason = `registered ${behaviour.name}`;
    const context = { model: manifest.name, at, actor: PERSON };
    const entry = decide(latest?.state ?? EMPTY_STATE, { type: 'register', version: i + 1, reason }, context);
    await home.ledger.append({ ...entry, ...linksTo(latest, version, digestOf) }, version);
    await registry.apply(manifest.name, { type: 'approve', version: i + 1, reason: 'approved' });
  }
}

function manifestOf({ model, traffic, truth, replay }: Scenario): Manifest {
  const { name, task, tolerance = DEFAULT_TOLERANCE, monitoring, rollout } = model;
  const classes = Array.from({ length: classesOf({ model }) }, (_, i) => `class-${i}`);
  const decision = {
    binary: { task, output: 'y' },
    regression: { task, output: 'y', tolerance },
    multiclass: { task, output: 'y' },
  }[task];
  const outputs = task === 'multiclass' ? [{ name: 'y', meaning: 'label', classes }] : [];
  const features = Object.keys(traffic.features).map((feature) => ({ name: feature, type: 'float', missing: 'allow' }));
  // Captures hold no whole tensors: an input can be asked again where it is a feature of the contract.
  if (replay !== undefined) features.push({ name: 'x', type: 'float', missing: 'allow' });
  return Manifest.parse({
    name,
    contract: { features },
    outputs,
    decision,
    monitoring,
    rollout,
    ...(truth.of || model.truth ? { truth: { ...model.truth, of: truth.of } } : {}),
  });
}

function artifactOf(folder: string, extension: string, content: string): Artifact {
  const digest = digestOf(content);
  return { key: `${folder}/${digest}.${extension}`, digest, bytes: content.length };
}

/** What registration would have measured on a reference from before anything changed. */
function baselineOfVersion(scenario: Scenario, version: VersionBehaviour, createdAt: string): Baseline {
  const columns = Object.entries(scenario.traffic.features).map(([name, { missing }]) => [
    name,
    expectedFeature(REFERENCE_ROWS, { missing: valueAt(missing, Number.NEGATIVE_INFINITY), shift: 0 }),
  ]);
  return Baseline.parse({
    format: 1,
    createdAt,
    source: digestOf(''),
    profile: { rows: REFERENCE_ROWS, columns: Object.fromEntries(columns) },
    chunks: [],
    performance: { rows: REFERENCE_ROWS, errorRate: referenceErrors(scenario, version) },
  });
}

/** What registration would have found beside the first version, of which all is well then. */
async function storeSideBySide(home: Home, versions: readonly VersionBehaviour[], version: number): Promise<Artifact> {
  const sideBySide: SideBySide = {
    champion: 1,
    source: 'reference',
    from: null,
    to: null,
    rows: SIDE_BY_SIDE_ROWS,
    ...likenessOf(versions, version, 1),
    notFinite: 0,
    labelled: 0,
    metrics: {},
    pairs: [],
  };
  const content = JSON.stringify(sideBySide);
  const artifact = artifactOf('side-by-side', 'json', content);
  await home.artifacts.put(artifact.key, content, { ifAbsent: true });
  return artifact;
}

async function storeBaseline(home: Home, baseline: Baseline): Promise<Artifact> {
  const content = JSON.stringify(baseline);
  const artifact = artifactOf('baselines', 'json', content);
  await home.artifacts.put(artifact.key, content, { ifAbsent: true });
  return artifact;
}
