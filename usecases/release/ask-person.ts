import {
  Asked,
  type AskedQuestion,
  type Question,
  ranked,
  type Told,
  takeNote,
  toldText,
} from '../../core/judge/asked.ts';
import { judgeLine } from '../../core/observability/judge-lines.ts';
import type { PersonNeeded } from '../../events/schemas.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';

const keyOf = (model: string): string => `judge/${model}/asked.json`;

/** What is asked about a model, and was of late. */
export async function readAsked(home: Pick<Home, 'data'>, model: string): Promise<readonly AskedQuestion[]> {
  const text = await home.data.get(keyOf(model)).catch((error: unknown) => {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  });
  return text === undefined ? [] : Asked.parse(JSON.parse(new TextDecoder().decode(text))).questions;
}

/** The questions of a model that are open, with the most urgent first. */
export const openQuestions = (asked: readonly AskedQuestion[]): AskedQuestion[] =>
  ranked(asked.filter(({ settled }) => settled === null));

/**
 * Asks a person, or no longer: emits `NeedsPerson`, tells the bus what is new and once a day what is still so, and
 * remembers both. The metric comes first: it is what pages.
 */
export async function askPerson(
  home: Pick<Home, 'data' | 'metrics' | 'bus'>,
  { model, now, questions }: { readonly model: string; readonly now: Date; readonly questions: readonly Question[] },
): Promise<void> {
  const { environment } = home.metrics;
  const value = questions.length > 0 ? 1 : 0;
  home.metrics.write(judgeLine('NeedsPerson', { environment, model, at: now.getTime(), value }));
  const before = await readAsked(home, model);
  const note = takeNote(before, questions, now);
  // What the bus does not take is told at the next look.
  if (note.told !== undefined) await tell(home, model, note.told);
  if (note.changed)
    await home.data.put(keyOf(model), JSON.stringify({ schemaVersion: 1, questions: note.questions } satisfies Asked));
}

/**
 * Emits `NeedsPerson` where one alarm has been looked at and a person is asked: within the same minute, though the look
 * at all of the model, which also says when nobody is asked any more, is a scheduled one.
 */
export function pageIfAsked(
  { metrics }: Pick<Home, 'metrics'>,
  { model, now, questions }: { readonly model: string; readonly now: Date; readonly questions: readonly Question[] },
): void {
  if (questions.length === 0) return;
  const { environment } = metrics;
  metrics.write(judgeLine('NeedsPerson', { environment, model, at: now.getTime(), value: 1 }));
}

async function tell({ bus, metrics }: Pick<Home, 'bus' | 'metrics'>, model: string, told: Told): Promise<void> {
  const detail: Omit<PersonNeeded, 'environment'> = {
    model,
    what: told.what,
    questions: told.questions.map(({ cause, version, reason, asks, runbook, since }) => ({
      cause,
      version,
      reason,
      asks,
      runbook,
      since,
    })),
    text: toldText(model, metrics.environment, told),
  };
  await bus.publish({ source: 'trimtab', detailType: 'Person Needed', detail });
}
