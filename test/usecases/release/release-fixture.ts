import type { Rollout } from '../../../core/manifest/manifest.ts';
import { metricLine } from '../../../core/observability/emf.ts';
import type { MetricName } from '../../../core/observability/metric-names.ts';
import { emptyTally } from '../../../core/quality/decisions.ts';
import { hourOf, talliesKey } from '../../../core/quality/hour-tallies.ts';
import type { SegmentTally } from '../../../core/quality/tally.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { EMPTY_STATE } from '../../../core/registry/ledger.ts';
import type { Variant } from '../../../core/serving/variant.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import type { EndpointProbe } from '../../../platform/ports.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export const T0 = Date.UTC(2026, 0, 1, 12, 0, 0);

/** What is written of a version's requests within one second. */
interface Served {
  readonly wrong?: number;
  readonly failure?: number;
  readonly latency?: number;
}

/** A model of three versions in a home of its own, the first released; its clock is `seconds`. */
export class ReleaseFixture {
  seconds = 0;
  /** Truths of each version that repeat others. */
  repeated = 0;
  readonly #truths = new Map<string, { wrong: number; right: number }>();

  private constructor(
    readonly home: LocalHome,
    readonly registry: Registry,
  ) {}

  static async open(rollout: {
    steps: number[];
    stepSeconds: number;
    mode?: Rollout['mode'];
  }): Promise<ReleaseFixture> {
    let fixture: ReleaseFixture | undefined;
    const clock = { now: () => new Date(T0 + (fixture?.seconds ?? 0) * 1_000) };
    const home = await openLocalHome(temporaryFolder('release'), clock);
    fixture = new ReleaseFixture(home, new Registry(home, 'test'));
    for (const version of [1, 2, 3]) await fixture.register(version, { mode: 'act', ...rollout });
    await fixture.apply({ type: 'release', version: 1, reason: 'r' });
    return fixture;
  }

  /** Registers a version now, and approves it. */
  async register(version: number, rollout: Pick<Rollout, 'steps' | 'stepSeconds' | 'mode'>): Promise<void> {
    const { ledger, clock } = this.home;
    const record = versionRecord('m', version);
    const state = (await ledger.latest('m'))?.state ?? EMPTY_STATE;
    const at = clock.now().toISOString();
    await ledger.append(decide(state, { type: 'register', version, reason: 'r' }, { model: 'm', at, actor: 'test' }), {
      ...record,
      registeredAt: at,
      manifest: {
        ...record.manifest,
        decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 },
        // Nothing can be asked again.
        monitoring: {
          ...record.manifest.monitoring,
          periodSeconds: 10,
          maxErrorRate: 0.36,
          maxLatencyMs: 500,
          captureShare: 0,
        },
        rollout: { ...rollout, youngDays: 7, shadow: { maxDisagreement: 0.1 } },
      },
    });
    await this.apply({ type: 'approve', version, reason: 'r' });
  }

  apply(command: Command) {
    return this.registry.apply('m', command);
  }

  write(version: number, variant: Variant, values: Partial<Record<MetricName, number | number[]>>): void {
    const at = T0 + this.seconds * 1_000;
    this.home.metrics.write(metricLine({ environment: 'local', model: 'm', variant, version, at, values }));
  }

  /** Requests of a version within one second. */
  serve(version: number, variant: Variant, n: number, { wrong = 0.2, failure = 0, latency = 20 }: Served = {}): void {
    this.write(version, variant, { Rows: n, Failure: rates(n, failure) });
    this.write(version, variant, { PredictionError: rates(n, wrong) });
    // Times differ.
    this.write(version, variant, { Latency: Array.from({ length: n }, (_, i) => latency + (i % 5)) });
  }

  /** Truths of a version's decisions, half of them positives, as the join counts them. */
  async truths(version: number, n: number, wrong: number): Promise<void> {
    const { since } = await this.registry.state('m');
    const key = `${version} ${since}`;
    const known = this.#truths.get(key) ?? { wrong: 0, right: 0 };
    this.#truths.set(key, {
      wrong: known.wrong + Math.round(n * wrong),
      right: known.right + n - Math.round(n * wrong),
    });
    const hour = hourOf(this.home.clock.now().toISOString());
    const versions = [...new Set([...this.#truths.keys()].map((each) => Number(each.split(' ')[0])))];
    const tallies = {
      schemaVersion: 1,
      model: 'm',
      hour,
      joined: {},
      delays: {},
      versions: versions.map((each) => ({
        version: each,
        uncounted: { named: 0, failed: 0, repeated: this.repeated },
        strata: [...this.#truths]
          .filter(([of]) => of.startsWith(`${each} `))
          .map(([of, counts]) => ({ since: of.split(' ')[1], segments: { '': segment(counts) } })),
      })),
    };
    await this.home.data.put(talliesKey('m', hour), JSON.stringify(tallies));
  }

  /** An endpoint that follows the ledger at once. */
  readonly following: EndpointProbe = {
    report: async () => {
      const { revision, champion, challengers } = await this.registry.state('m');
      return { revision, champion, challengers };
    },
  };

  async kinds(): Promise<string[]> {
    return (await this.registry.history('m')).map(({ kind }) => kind);
  }
}

/** Samples of which so many are 1. */
export const rates = (n: number, share: number): number[] =>
  Array.from({ length: n }, (_, i) => (i < Math.round(share * n) ? 1 : 0));

function segment({ wrong, right }: { wrong: number; right: number }): SegmentTally {
  const rows = wrong + right;
  const half = (count: number): [number, number] => [Math.floor(count / 2), Math.ceil(count / 2)];
  const [[fp, fn], [tp, tn]] = [half(wrong), half(right)];
  const empty = emptyTally({ task: 'binary', threshold: 0.5, probabilities: false });
  return {
    decisions: { ...empty, fp, fn, tp, tn } as SegmentTally['decisions'],
    units: { n: rows, rows, loss: wrong, squares: wrong, rowsRows: rows, rowsLoss: wrong, lossLoss: wrong },
    business: {},
  };
}
