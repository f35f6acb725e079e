import type { Capture } from '../../core/captures/capture.ts';
import { replayabilityOf, wholeTensors } from '../../core/captures/replay.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { rowOpener } from '../quality/open-row.ts';
import type { Suspect } from './suspects.ts';
import type { AskedRow } from './version-asker.ts';

/** How captured rows are had again. */
export interface Opener {
  readonly open: (capture: Capture, row: number) => AskedRow | undefined;
  /** Why none of them can be; undefined where they can. */
  readonly problem: string | undefined;
}

/** How rows that a suspect was sent become what it and the reference can be asked about. */
export async function openerOf(
  home: Pick<Home, 'privacy'>,
  { model, record, reference }: Pick<Suspect, 'model' | 'record' | 'reference'>,
): Promise<Opener> {
  const none = (problem: string): Opener => ({ open: () => undefined, problem });
  const { replayProblem } = replayabilityOf(record);
  if (replayProblem !== null) return none(replayProblem);
  const [whole] = wholeTensors(reference);
  if (whole !== undefined) return none(`version ${reference.version} takes input ${whole}, a whole tensor`);
  try {
    const open = await rowOpener(home, model, [record, reference]);
    return { open: (capture, row) => unlessSealed(() => open(capture, row)), problem: undefined };
  } catch (error) {
    return none(`encrypted features cannot be opened: ${(error as Error).message}`);
  }
}

/** Nothing of an envelope that was sealed under another secret. */
function unlessSealed<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}
