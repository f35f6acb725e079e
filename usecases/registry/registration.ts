import type { Repairs } from '../../core/model/repair.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import type { ContentChange } from '../../core/registry/content-changes.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';

/** A version that is about to be registered, as its folder has it. */
export interface RegistrationCandidate {
  readonly folder: string;
  readonly manifest: ModelVersion['manifest'];
  readonly signature: Signature;
  readonly modelFile: string;
  /** SHA-256 of the model's file. */
  readonly digest: string;
  readonly baseline: Baseline | undefined;
}

/** What was found before a version is registered. */
export interface Prepared {
  /** What it answered about real rows. */
  readonly rehearsal?: Rehearsal | undefined;
  /** Why it is registered. @default that it comes from a folder */
  readonly reason?: string | undefined;
  /** Why it would have been refused, had it not been forced. */
  readonly forced?: string | undefined;
}

export interface RegisterOptions {
  /** The model, when it is not the folder's own file: one that has within it what that keeps beside it. */
  readonly modelFile?: string | undefined;
  /** What was done to the model as it was given. @default nothing */
  readonly repairs?: Repairs | undefined;
  /** Looks at a version before anything of it is kept; what it throws refuses the version. @default nobody does */
  readonly prepare?: ((candidate: RegistrationCandidate) => Promise<Prepared>) | undefined;
  /** Compares a version whose file is kept already with the champion. @default nothing is compared */
  readonly compare?: ((version: ModelVersion) => Promise<SideBySide | undefined>) | undefined;
}

/** A version whose artifacts are in the store, before it has a number. */
export type KeptVersion = Omit<ModelVersion, 'version' | 'registeredAt' | 'registeredBy'>;

export interface Registration {
  readonly version: ModelVersion;
  /** The ledger entry; absent when the same version was registered before. */
  readonly entry?: Entry;
  /** Whether graph, manifest and baseline are those of a version that was there. */
  readonly existed: boolean;
  /**
   * What the folder has otherwise than a version has: of a version that was there, its documents, which it keeps as
   * they were registered; of a new one, what it differs by from the last version that has its graph, else from the last.
   */
  readonly differences?: { readonly version: number; readonly changes: readonly ContentChange[] };
}

/** Why a version is registered, for its entry. */
export function registrationReason(digest: string, { reason, forced }: Prepared = {}): string {
  const said = `${reason ?? 'registered from a folder'}, sha256 ${digest.slice(0, 12)}…`;
  return forced === undefined ? said : `${said} (forced, although it is ${forced})`;
}

/** What an entry says of how a version was rehearsed and compares: answers and metrics of rows are kept beside it. */
export function evidenceOf(
  beside: SideBySide | undefined,
  { rehearsal, forced }: Prepared = {},
): { evidence?: Readonly<Record<string, unknown>> } {
  const evidence = {
    ...(beside && { beside: summaryOf(beside) }),
    ...(rehearsal && { rehearsal: rehearsal.counts }),
    ...(forced !== undefined && { forced: [forced] }),
  };
  return Object.keys(evidence).length > 0 ? { evidence } : {};
}

const summaryOf = ({ champion, source, rows, labelled, disagreement, rankCorrelation }: SideBySide) => ({
  champion,
  source,
  rows,
  labelled,
  disagreement,
  rankCorrelation,
});
