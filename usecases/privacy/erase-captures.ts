import { readFile, writeFile } from 'node:fs/promises';
import { type Capture, capturedSubject, idsOfRow } from '../../core/captures/capture.ts';
import { withoutRows } from '../../core/captures/without-rows.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { captureText, editCaptureBody } from '../../platform/captures.ts';
import { predictionKey } from '../ground-truth/prediction-index.ts';
import type { Subject } from './data-owners.ts';
import type { EditedFile } from './edit-lines.ts';
import type { ErasureCount } from './rewrite-objects.ts';

/** Whose predictions are to go: those of subjects, by model, or one prediction id. */
export interface CaptureSelector {
  readonly subjects: ReadonlyMap<string, Subject>;
  readonly prediction?: string | undefined;
  readonly model?: string | undefined;
}

/** Finds and takes out the captured predictions of somebody, and remembers their ids: truth is known by nothing else. */
export class CaptureEdit {
  /** Ids of what was found, with their model ({@link predictionKey}). */
  readonly ids = new Set<string>();
  /** Rows found by model, as far as objects that are current say. */
  readonly tallies = new Map<string, ErasureCount>();

  constructor(private readonly wanted: CaptureSelector) {}

  readonly edit = async (from: string, to: string): Promise<EditedFile> => {
    const body = await readFile(from);
    if (!this.#mayBeIn(body)) return { gone: 0, left: 1 };
    const models = new Map<string, number>();
    const edited = editCaptureBody(body, (capture) => {
      const gone = this.#rowsOf(capture);
      if (gone.size > 0) models.set(capture.model, (models.get(capture.model) ?? 0) + gone.size);
      return withoutRows(capture, gone);
    });
    if (edited.gone > 0) await writeFile(to, edited.body);
    for (const [model, rows] of models) {
      const tally = this.tallies.get(model) ?? { objects: 0, rows: 0 };
      this.tallies.set(model, { objects: tally.objects + 1, rows: tally.rows + rows });
    }
    return edited;
  };

  #mayBeIn(body: Uint8Array): boolean {
    const text = captureText(body);
    const { prediction, subjects } = this.wanted;
    if (prediction !== undefined) return text.includes(JSON.stringify(prediction.split('#')[0]).slice(1, -1));
    return [...subjects.values()].some((subject) => subject.mayBeIn(text));
  }

  #rowsOf(capture: Capture): Set<number> {
    const rows = new Set<number>();
    const { prediction, model, subjects } = this.wanted;
    if (model !== undefined && capture.model !== model) return rows;
    const subject = subjects.get(capture.model);
    const sent = subject?.hasSent(capture) ?? false;
    for (let row = 0; row < capture.rows; row++) {
      const found =
        prediction === undefined
          ? subject !== undefined &&
            (sent ||
              subject.hasPseudonym(capturedSubject(capture, row)) ||
              [...subject.owner.subjects.keys()].some((column) =>
                subject.is(column, ownValue(capture.features, column)?.[row]),
              ))
          : capture.id === prediction || idsOfRow(capture, row).includes(prediction);
      if (!found) continue;
      rows.add(row);
      for (const each of idsOfRow(capture, row)) this.ids.add(predictionKey(capture.model, each));
    }
    return rows;
  }
}
