import type { Capture } from '../../../core/captures/capture.ts';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import type { Home } from '../../../platform/ports.ts';

/** A capture line of a request of some rows, made at an instant. */
export const captureLine = (
  id: string,
  scores: readonly (number | null)[],
  rest: Partial<Capture> & { at: string },
): string =>
  JSON.stringify({
    trimtab: 'capture',
    id,
    model: 'm',
    version: 1,
    variant: 'champion',
    rows: scores.length,
    features: {},
    scores: [...scores],
    ms: 1,
    ...rest,
  } satisfies Capture);

/** Delivers capture lines within the hour of an instant. */
export const deliverCaptures = (home: Pick<Home, 'captures'>, name: string, at: string, lines: readonly string[]) =>
  home.captures.put(`captures/${hourFolder(at)}/${name}.jsonl`, lines.join('\n'));

/** Truths as a file of them arrives. */
export const sendTruths = (
  home: Pick<Home, 'data'>,
  name: string,
  truths: readonly { id: string; truth: string | number | boolean }[],
  model = 'm',
) =>
  home.data.put(
    `ground-truth/incoming/${model}/${name}.jsonl`,
    truths.map((truth) => JSON.stringify(truth)).join('\n'),
  );
