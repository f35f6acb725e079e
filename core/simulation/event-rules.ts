import { MAX_FREEZE_DAYS } from '../registry/freeze.ts';
import { areSteps } from '../registry/guards.ts';
import type { Contradiction } from './contradiction.ts';
import { isAboutVersion, type ScenarioEvent, type VersionEvent } from './event.ts';
import type { ScenarioFields } from './scenario-fields.ts';

const STEPS = 'steps are at least two shares that ascend, the last of them 1';

/** Events that are refused, or never due, whatever becomes of the traffic. What depends on it is told by the result. */
export function* impossibleEvents({ events, versions, model }: ScenarioFields): Generator<Contradiction> {
  const usual = events === undefined ? versions.length > 1 : events.some((e) => e.do === 'canary' && !e.steps);
  if (usual && !areSteps(model.rollout.steps))
    yield { path: ['model', 'rollout', 'steps'], message: `of a canary: ${STEPS}` };
  if (events === undefined) return;
  for (const [i, event] of events.entries())
    if (event.do === 'canary' && event.steps && !areSteps(event.steps))
      yield { path: ['events', i, 'steps'], message: STEPS };
  yield* withoutTraffic(events);
  yield* tooEarly(events);
  yield* wrongFreezes(events);
}

/** Freezes that end before they begin, or are too long; and ends of none. */
function* wrongFreezes(events: readonly ScenarioEvent[]): Generator<Contradiction> {
  for (const [i, event] of events.entries()) {
    if (event.do === 'freeze' && !(event.until > event.at && event.until - event.at <= MAX_FREEZE_DAYS * 86_400))
      yield { path: ['events', i, 'until'], message: `is not within ${MAX_FREEZE_DAYS} days after \`at\`` };
    const inForce = (other: ScenarioEvent): boolean =>
      other.do === 'freeze' && other.at <= event.at! && other.until > event.at!;
    if (event.do === 'unfreeze' && !events.some(inForce))
      yield { path: ['events', i, 'do'], message: 'unfreeze: automation is not frozen by then' };
  }
}

/** Events that wait for a version to be taken back, or end its quarantine, while nothing gives it traffic before. */
function* withoutTraffic(events: readonly ScenarioEvent[]): Generator<Contradiction> {
  for (const [i, event] of events.entries()) {
    if (!isAboutVersion(event)) continue;
    const waits = event.at === undefined;
    if (!waits && event.do !== 'lift') continue;
    if (!events.some((other) => other !== event && givesTraffic(other) && other.version === event.version))
      yield {
        path: ['events', i, waits ? 'afterTakenBack' : 'do'],
        message: `version ${event.version} is never taken back: no other event gives it traffic`,
      };
  }
}

/** Challengers before anything is released, and promotions of what is none yet. */
function* tooEarly(events: readonly ScenarioEvent[]): Generator<Contradiction> {
  // In the order in which they are carried out: by time, and those of one moment as in the file.
  const inOrder = [...events.entries()]
    .flatMap(([i, event]) => (event.at === undefined ? [] : [{ i, at: event.at, event }]))
    .sort((a, b) => a.at - b.at);
  const released = inOrder.findIndex(({ event }) => event.do === 'release');
  for (const [order, { i, event }] of inOrder.entries()) {
    if (challenges(event) && (released < 0 || released > order))
      yield { path: ['events', i, 'do'], message: `${event.do}: no version has been released by then` };
    if (event.do !== 'promote') continue;
    const before = [
      ...inOrder.slice(0, order).map((each) => each.event),
      ...events.filter(({ at }) => at === undefined),
    ];
    if (!before.some((other) => challenges(other) && other.version === event.version))
      yield { path: ['events', i, 'do'], message: `promote: no canary or test of ${event.version} has begun by then` };
  }
}

const challenges = (event: ScenarioEvent): event is VersionEvent => event.do === 'canary' || event.do === 'test';
const givesTraffic = (event: ScenarioEvent): event is VersionEvent => event.do === 'release' || challenges(event);
