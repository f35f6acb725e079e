import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import { referenceRates, worseOnReference } from '../../core/quality/reference-worth.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { clearlyWorse } from '../../core/replay/clearly-worse.ts';
import { oneSided } from '../../core/replay/one-sided.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import { NativeLibraryUnavailable } from '../../platform/packages/native-library.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { sideBySideOf } from '../registry/load-side-by-side.ts';
import type { AskingOptions } from './asked-sides.ts';

/** What is known of a version beside the champion before it is released. */
export interface BeforeRelease {
  readonly found: SideBySide | undefined;
  /** By what it is clearly worse, in sentences; empty where it is not, or nothing is known. */
  readonly worse: readonly string[];
  /** What could not be compared, in a sentence for who releases it; undefined where truths say what it is worth. */
  readonly unknown?: string | undefined;
}

/**
 * Whether a version is clearly worse than the champion of now on the same rows: by what was found at registration, else,
 * where another version is the champion since or no truths were known, by asking both now.
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
  const known = kept?.champion === champion ? kept : undefined;
  // Truths may have come since.
  const found = known?.source === 'joined' ? known : ((await askedNow(home, record, options)) ?? known);
  const rules = judgeRulesOf(record.manifest);
  const onSameRows = found === undefined ? [] : [...clearlyWorse(found, rules), ...oneSided(found, rules)];
  // Where truths of the same rows say who is better, references of different data have no say.
  if (found !== undefined && found.labelled >= FEW_TRUTHS) return { found, worse: onSameRows };
  const references = await worseByReferences(home, record, champion);
  const worse = [...onSameRows, ...(references ?? [])];
  const unknown = found === undefined ? nothingCompared(version, champion) : withoutTruths(found);
  return { found, worse, unknown: references === undefined ? unknown : undefined };
}

/** Fewer truths of the same rows leave the references a say. */
const FEW_TRUTHS = 100;

const nothingCompared = (version: number, champion: number): string =>
  `nothing could be compared of version ${version} with version ${champion}`;

/** By what it is clearly worse on its own reference than the champion on its own; undefined where one says nothing. */
async function worseByReferences(home: Home, record: ModelVersion, champion: number): Promise<string[] | undefined> {
  const other = await home.ledger.version(record.model, champion);
  const own = (await baselineOf(home, record))?.performance;
  const reference = other && (await baselineOf(home, other))?.performance;
  if (own === undefined || reference === undefined || referenceRates(own, reference).length === 0) return undefined;
  return worseOnReference(own, reference, judgeRulesOf(record.manifest));
}

const withoutTruths = ({ rows, champion, disagreement }: SideBySide): string => {
  const otherwise =
    disagreement === null ? '' : `; it decides ${Number((100 * disagreement).toPrecision(3))} % otherwise`;
  return `no truth is known of the ${rows} rows that it was compared with version ${champion} on: which of the two is better is not known${otherwise}`;
};

/** Nothing where ONNX Runtime cannot be had: whoever only releases does not need it. */
async function askedNow(home: Home, record: ModelVersion, options: AskingOptions): Promise<SideBySide | undefined> {
  try {
    const { sideBySide } = await import('./side-by-side.ts');
    return (await sideBySide(home, record, options)).found;
  } catch (error) {
    if (error instanceof NativeLibraryUnavailable) return undefined;
    throw error;
  }
}
