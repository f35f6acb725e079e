import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { clearlyWorse } from '../../core/replay/clearly-worse.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import type { Home } from '../../platform/ports.ts';
import { sideBySideOf } from '../registry/load-side-by-side.ts';
import type { AskingOptions } from './asked-sides.ts';

/** What is known of a version beside the champion before it is released. */
export interface BeforeRelease {
  readonly found: SideBySide | undefined;
  /** By what it is clearly worse, in sentences; empty where it is not, or nothing is known. */
  readonly worse: readonly string[];
}

/**
 * Whether a version is clearly worse than the champion of now on the same rows: by what was found at registration, else,
 * where another version is the champion since, by asking both now.
 */
export async function beforeRelease(
  home: Home,
  model: string,
  version: number,
  options: AskingOptions,
): Promise<BeforeRelease> {
  const record = await home.ledger.version(model, version);
  const champion = (await home.ledger.latest(model))?.state.champion ?? null;
  if (record === undefined || champion === null || champion === version) return { found: undefined, worse: [] };
  const kept = await sideBySideOf(home, record);
  const found = kept?.champion === champion ? kept : await askedNow(home, record, options);
  return { found, worse: found === undefined ? [] : clearlyWorse(found, judgeRulesOf(record.manifest)) };
}

/** Nothing where ONNX Runtime is not installed: whoever only releases does not need it. */
async function askedNow(home: Home, record: ModelVersion, options: AskingOptions): Promise<SideBySide | undefined> {
  try {
    const { sideBySide } = await import('./side-by-side.ts');
    return (await sideBySide(home, record, options)).found;
  } catch (error) {
    if (/^Cannot find (module|package)/.test((error as Error).message)) return undefined;
    throw error;
  }
}
