import type { Contradiction } from './contradiction.ts';
import { isAboutVersion } from './event.ts';
import { impossibleEvents } from './event-rules.ts';
import type { ScenarioFields } from './scenario-fields.ts';

/** Fields that mean something for one task only: they would be ignored for another. */
const OF_TASK = {
  classes: 'multiclass',
  tolerance: 'regression',
  positives: 'binary',
  values: 'regression',
  of: 'binary',
  recall: 'binary',
  specificity: 'binary',
  swaps: 'multiclass',
  scale: 'regression',
  bias: 'regression',
  noise: 'regression',
} as const;

/** Everything that a scenario says in vain or against itself. */
export function* contradictions(scenario: ScenarioFields): Generator<Contradiction> {
  yield* wrongNames(scenario);
  yield* wrongTask(scenario);
  yield* wrongShares(scenario);
  yield* wrongTimes(scenario);
  yield* impossibleEvents(scenario);
}

function* wrongNames({ versions, suspect, events = [], traffic }: ScenarioFields): Generator<Contradiction> {
  const names = versions.map(({ name }) => name);
  function* known(path: (string | number)[], name: string | undefined, others: string[] = []) {
    if (name === undefined || names.includes(name) || others.includes(name)) return;
    yield { path, message: `there is no version ${name}; there are: ${[...names, ...others].join(', ')}` };
  }
  if (new Set(names).size !== names.length) yield { path: ['versions'], message: 'names of versions must be unique' };
  yield* known(['suspect'], suspect, ['none']);
  for (const [i, event] of events.entries())
    if (isAboutVersion(event)) yield* known(['events', i, 'version'], event.version);
  for (const [i, { to }] of traffic.bursts.entries()) yield* known(['traffic', 'bursts', i, 'to'], to);
  const segments = Object.keys(traffic.segments);
  for (const [i, version] of versions.entries())
    for (const name of Object.keys(version.segments ?? {}))
      if (!segments.includes(name))
        yield {
          path: ['versions', i, 'segments', name],
          message: `there is no segment ${name}; there are: ${segments.join(', ') || 'none'}`,
        };
}

function* wrongTask({ model, traffic, truth, versions }: ScenarioFields): Generator<Contradiction> {
  function* apply(path: (string | number)[], part: Readonly<Record<string, unknown>>) {
    for (const [field, task] of Object.entries(OF_TASK))
      if (part[field] !== undefined && task !== model.task)
        yield { path: [...path, field], message: `is for task ${task}, the model's is ${model.task}` };
  }
  yield* apply(['model'], model);
  yield* apply(['traffic'], traffic);
  yield* apply(['truth'], truth);
  for (const [i, version] of versions.entries()) {
    yield* apply(['versions', i], version);
    for (const [name, segment] of Object.entries(version.segments ?? {}))
      yield* apply(['versions', i, 'segments', name], segment);
    if (version.errors !== undefined && version.recall !== undefined && version.specificity !== undefined)
      yield { path: ['versions', i, 'errors'], message: 'says what `recall` and `specificity` say already' };
    if (version.errors !== undefined && version.noise !== undefined)
      yield { path: ['versions', i, 'errors'], message: 'says what `noise` says already' };
    const classes = classesOf({ model });
    for (const [a, b] of version.swaps ?? [])
      if (a >= classes || b >= classes || a === b)
        yield { path: ['versions', i, 'swaps'], message: `${a} and ${b} are no two classes of 0 to ${classes - 1}` };
  }
}

function* wrongShares({ model, traffic: { segments, classes } }: ScenarioFields): Generator<Contradiction> {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const covered = sum(Object.values(segments));
  if (covered > 1 + 1e-9)
    yield { path: ['traffic', 'segments'], message: `shares of segments sum to ${covered}, at most 1 is allowed` };
  if (classes === undefined || model.task !== 'multiclass') return;
  if (classes.length !== classesOf({ model }))
    yield {
      path: ['traffic', 'classes'],
      message: `has shares of ${classes.length} classes, the model has ${classesOf({ model })}`,
    };
  if (Math.abs(sum(classes) - 1) > 1e-6)
    yield { path: ['traffic', 'classes'], message: `shares of classes sum to ${sum(classes)}, not to 1` };
}

function* wrongTimes({ duration, warmUp, events, traffic, skip }: ScenarioFields): Generator<Contradiction> {
  if (warmUp !== undefined && events !== undefined)
    yield { path: ['warmUp'], message: 'is for scenarios without `events`, whose first release begins the traffic' };
  const late = (at: number | undefined): boolean => at !== undefined && at >= duration;
  const message = `is not before the end, ${duration} s from time 0`;
  for (const [i, { at }] of (events ?? []).entries()) if (late(at)) yield { path: ['events', i, 'at'], message };
  for (const [i, { at }] of traffic.bursts.entries())
    if (late(at)) yield { path: ['traffic', 'bursts', i, 'at'], message };
  for (const [i, { at }] of (events ?? []).entries())
    if (skip.some(({ from, to }) => at !== undefined && at > from && at < to))
      yield { path: ['events', i, 'at'], message: 'is in a stretch that is skipped' };
  for (const [i, { to }] of skip.entries())
    if (to > duration) yield { path: ['skip', i, 'to'], message: `is after the end, ${duration} s from time 0` };
}

/** Number of classes of a multiclass model. */
export const classesOf = ({ model }: Pick<ScenarioFields, 'model'>): number => model.classes ?? 3;
