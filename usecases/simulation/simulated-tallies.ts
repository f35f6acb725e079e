import { emptyTally } from '../../core/quality/decisions.ts';
import { type HourTallies, hourOf, type VersionTallies } from '../../core/quality/hour-tallies.ts';
import { noMoments } from '../../core/quality/moments.ts';
import { ALL } from '../../core/quality/segments.ts';
import { mergeSegments, type SegmentTally, type Tally } from '../../core/quality/tally.ts';
import { DEFAULT_TOLERANCE, type OutcomeTable, wrongOf } from '../../core/simulation/outcomes.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { classesOf } from '../../core/simulation/scenario-rules.ts';

/** Who decided, when, and since when the shares were what they were; instants ISO 8601. */
interface Origin {
  readonly version: number;
  readonly at: string;
  readonly since: string;
}

/** Tallies by hour of prediction, as the join of ground truth makes them of the rows that counts stand for. */
export class SimulatedTallies {
  /** Hour -> version -> since -> segment. */
  readonly #hours = new Map<string, Map<number, Map<string, Map<string, SegmentTally>>>>();
  /** Hour and version -> truths that repeat others. */
  readonly #repeated = new Map<string, number>();
  #changed = new Set<string>();

  constructor(private readonly model: Scenario['model']) {}

  /** @param outcomes by segment, `''` for none */
  add({ version, at, since }: Origin, outcomes: ReadonlyMap<string, OutcomeTable>): void {
    const hour = hourOf(at);
    const versions = entryOf(this.#hours, hour, () => new Map<number, Map<string, Map<string, SegmentTally>>>());
    const strata = entryOf(versions, version, () => new Map<string, Map<string, SegmentTally>>());
    const segments = entryOf(strata, since, () => new Map<string, SegmentTally>());
    this.#changed.add(hour);
    for (const [segment, table] of outcomes) {
      const tally = tallyOf(this.model, table);
      for (const name of segment === '' ? [ALL] : [ALL, `segment=${segment}`]) {
        const known = segments.get(name);
        segments.set(name, known === undefined ? tally : mergeSegments(known, tally));
      }
    }
  }

  /** Truths of rows that the same caller had sent before. */
  addRepeated({ version, at }: Pick<Origin, 'version' | 'at'>, truths: number): void {
    const key = `${hourOf(at)} ${version}`;
    this.#repeated.set(key, (this.#repeated.get(key) ?? 0) + truths);
  }

  /** Tallies of the hours that more became known of since the last call. */
  changed(): HourTallies[] {
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed.map((hour) => ({
      schemaVersion: 1,
      model: this.model.name,
      hour,
      joined: {},
      delays: {},
      versions: [...this.#hours.get(hour)!].map(([version, strata]) => ({
        version,
        uncounted: { named: 0, failed: 0, repeated: this.#repeated.get(`${hour} ${version}`) ?? 0 },
        strata: strataOf(strata),
      })),
    }));
  }
}

const strataOf = (strata: ReadonlyMap<string, ReadonlyMap<string, SegmentTally>>): VersionTallies['strata'] =>
  [...strata].map(([since, segments]) => ({ since, segments: Object.fromEntries(segments) }));

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Every row is a unit of its own. */
function tallyOf(model: Scenario['model'], table: OutcomeTable): SegmentTally {
  const rows = table.cells.reduce((sum, count) => sum + count, 0);
  const wrong = wrongOf(table);
  const units = { n: rows, rows, loss: wrong, squares: wrong, rowsRows: rows, rowsLoss: wrong, lossLoss: wrong };
  return { decisions: decisionsOf(model, table), units, business: {} };
}

function decisionsOf(model: Scenario['model'], { classes, cells }: OutcomeTable): Tally {
  if (model.task === 'multiclass') {
    const names = Array.from({ length: classesOf({ model }) }, (_, i) => `class-${i}`);
    const tally = emptyTally({ task: 'multiclass', classes: names });
    const confusion = Object.fromEntries(
      cells.flatMap((count, i) => (count === 0 ? [] : [[`${Math.floor(i / classes)},${i % classes}`, count] as const])),
    );
    const n = cells.reduce((sum, count) => sum + count, 0);
    return { ...tally, n, correct: n - wrongOf({ classes, cells }), confusion } as Tally;
  }
  const [a = 0, b = 0, c = 0, d = 0] = cells;
  if (model.task === 'binary') {
    const tally = emptyTally({ task: 'binary', threshold: 0.5, probabilities: false });
    return { ...tally, tn: a, fp: b, fn: c, tp: d } as Tally;
  }
  const { tolerance = DEFAULT_TOLERANCE } = model;
  const tally = emptyTally({ task: 'regression', edges: [tolerance], tolerance });
  return { ...tally, counts: [a, b], within: a, y: { ...noMoments(), n: a + b } } as Tally;
}
