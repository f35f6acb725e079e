import path from 'node:path';
import type { TruthBacklog } from '../../usecases/ground-truth/truth-backlog-view.ts';
import type { PlaceOf } from '../files.ts';
import { formatDelay } from './truth-delay.ts';
import { wrapped } from './wrapped.ts';

type Kind = TruthBacklog['rejected'][number]['kind'];

/** How each kind is called, of one or of many. */
const REJECTED: Readonly<Record<Kind, string>> = {
  unknown: 'of unknown predictions',
  malformed: 'no record of truth',
  unfit: 'unreadable',
  held: 'held',
};

/** Lines on truths that are not joined yet, or not at all; none where there are none. */
export function formatTruthBacklog(backlog: TruthBacklog | null, at: string, place: PlaceOf): string[] {
  const texts = backlog === null ? [] : truthBacklogTexts(backlog, at, place);
  return texts.flatMap((text, i) =>
    wrapped(text, { indent: LABEL.length, label: i === 0 ? LABEL : ' '.repeat(LABEL.length) }),
  );
}

const LABEL = '  truths      ';

/** What is not joined, a sentence each. */
export function truthBacklogTexts(
  { arrived, waiting, rejected, days, kept }: TruthBacklog,
  at: string,
  place: PlaceOf,
): string[] {
  const ago = (since: string | null): string => formatDelay(Math.max(0, Date.parse(at) - Date.parse(since ?? at)));
  return [
    ...(arrived.files === 0
      ? []
      : [
          `${arrived.files} ${arrived.files === 1 ? 'file or request' : 'files and requests'} not looked at yet, the oldest came ${ago(arrived.since)} ago`,
        ]),
    ...(waiting.truths === 0
      ? []
      : [
          `${waiting.truths} ${waiting.truths === 1 ? 'waits for its prediction' : 'wait for their predictions'}, the first for ${ago(waiting.since)} (2 h at most)`,
        ]),
    ...rejected.map(({ kind, count, reason }) => `${count} ${REJECTED[kind]} in ${days} days: ${reason}`),
    ...(rejected.length === 0 ? [] : [`each is kept with its reason under ${place(path.posix.dirname(kept))}/`]),
  ];
}
