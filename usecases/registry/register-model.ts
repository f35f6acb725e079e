import { remarksOf } from '../../core/onnx/servable.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { Registration, RegistrationCandidate } from './registration.ts';
import type { RegistrationView } from './registration-view.ts';
import type { Registry } from './registry.ts';

/** What is looked at before a version is registered; remarks are for whoever registers it. */
export interface RegistrationChecks {
  /**
   * Whether it can be served where it is to be.
   *
   * @returns remarks
   * @throws RegistrationRefusedError
   */
  readonly fits?: (candidate: RegistrationCandidate) => Promise<readonly string[]>;
  /**
   * Runs it on real rows.
   *
   * @default it is not run
   * @throws RegistrationRefusedError
   */
  readonly rehearse?: (
    candidate: RegistrationCandidate,
  ) => Promise<{ readonly rehearsal?: Rehearsal | undefined; readonly remarks: readonly string[] }>;
  /**
   * Whether it is worth registering, by what its own reference says.
   *
   * @param candidate the version, of which nothing is kept yet
   * @throws RegistrationRefusedError
   */
  readonly assess?: (candidate: RegistrationCandidate) => Promise<Assessment>;
  /** Compares it with the champion. @default it is compared with nothing */
  readonly compare?: (
    version: ModelVersion,
  ) => Promise<{ readonly found?: SideBySide | undefined; readonly remarks: readonly string[] }>;
}

/** What its own reference says of a version. */
export interface Assessment {
  /** Why it would have been refused, had it not been forced; for the ledger. */
  readonly forced?: string | undefined;
  readonly references: RegistrationView['references'];
  readonly remarks: readonly string[];
}

/**
 * Registers a model folder, and says what is worth a look about the model.
 *
 * @param reason why, for the ledger @default that it was registered from a folder
 * @throws ModelFolderError, RegistrationRefusedError
 */
export async function registerModel(
  registry: Registry,
  folder: string,
  { signature, inspection, file, given, repairs }: ExaminedModel,
  { fits, rehearse, assess, compare, reason }: RegistrationChecks & { readonly reason?: string | undefined } = {},
): Promise<RegistrationView> {
  const said: string[] = [];
  const found: { beside?: SideBySide; rehearsal?: Rehearsal; assessment?: Assessment } = {};
  const registration = await registry.register(folder, signature, {
    modelFile: file,
    ...(repairs.length > 0 && { repairs: { given, repairs: [...repairs] } }),
    prepare: async (candidate) => {
      said.push(...((await fits?.(candidate)) ?? []));
      const assessment = await assess?.(candidate);
      const { rehearsal, remarks = [] } = (await rehearse?.(candidate)) ?? {};
      said.push(...(assessment?.remarks ?? []), ...remarks);
      Object.assign(found, { rehearsal, assessment });
      return { rehearsal, reason, forced: assessment?.forced };
    },
    compare:
      compare &&
      (async (version) => {
        const { found: beside, remarks } = await compare(version);
        said.push(...remarks);
        Object.assign(found, { beside });
        return beside;
      }),
  });
  const { version, existed, differences } = registration;
  const { beside = null, rehearsal, assessment } = found;
  const remarks = remarksOf(inspection, version.signature, version.manifest.contract);
  return {
    ...version,
    existed,
    changes: differences === undefined ? null : { ...differences, changes: [...differences.changes] },
    rehearsed: rehearsal === undefined ? null : { ...rehearsal.counts, kept: rehearsal.kept.length },
    beside,
    references: assessment?.references ?? null,
    remarks: [...repairs.map(({ done }) => `repaired: ${done}`), ...documentsText(registration), ...remarks, ...said],
  };
}

function documentsText({ existed, differences }: Registration): string[] {
  if (differences === undefined || !existed) return [];
  const parts = [...new Set(differences.changes.map(({ path }) => DOCUMENTS.find((name) => path.startsWith(name))))];
  return [
    `${parts.join(', ')} differs from what was registered; version ${differences.version} keeps what it was registered with`,
  ];
}

const DOCUMENTS = ['metrics.json', 'MODEL_CARD.md'];
