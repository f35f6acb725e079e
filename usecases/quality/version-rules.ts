import { wholeTensors } from '../../core/captures/replay.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { isPersonal, treatmentOf } from '../../core/contract/personal.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { type TallyRules, tallyRules } from './tally-rows.ts';

/** What joining and counting the rows of one version goes by. */
export interface VersionRules {
  readonly manifest: Manifest;
  readonly tally: TallyRules;
  /** Features that segments are made of. */
  readonly segmentFeatures: readonly string[];
  /** Features that tell two rows apart; undefined where captures do not hold all of a row, or not in the clear or hashed. */
  readonly rowFeatures: readonly string[] | undefined;
  /** The label's column, where it is personal: then truths are kept encrypted. */
  readonly sealedLabel: string | undefined;
}

/** What versions of a model hide of what is said of their predictions. */
export interface HiddenTruths {
  /** Whether a version marks its label personal. */
  readonly truths: boolean;
  /** Whether a version has anything personal, which a line that nobody could read may hold. */
  readonly lines: boolean;
}

/** Rules by version. Versions never change, so each is read once. */
export class RuleBook {
  readonly #known = new Map<string, VersionRules>();
  /** By model, as far as entries have been read. */
  readonly #changes = new Map<string, SharesHistory>();
  /** By model, of its versions up to `read`. */
  readonly #hidden = new Map<string, HiddenTruths & { readonly read: number }>();

  constructor(private readonly home: Pick<Home, 'ledger' | 'artifacts'>) {}

  /** @returns undefined for a version that is not there */
  async of(model: string, version: number): Promise<VersionRules | undefined> {
    const key = `${model} ${version}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const record = await this.home.ledger.version(model, version);
    if (record === undefined) return undefined;
    const rules = versionRules(record, tallyRules(record.manifest, await baselineOf(this.home, record)));
    this.#known.set(key, rules);
    return rules;
  }

  /**
   * What any version of a model has ever hidden: of truths that are not joined it may not be known which they are about.
   *
   * @param latest number of its latest version
   */
  async hidden(model: string, latest: number): Promise<HiddenTruths> {
    let { read, truths, lines } = this.#hidden.get(model) ?? { read: 0, truths: false, lines: false };
    while (read < latest) {
      const contract = (await this.home.ledger.version(model, ++read))?.manifest.contract;
      truths ||= contract !== undefined && sealedLabelOf(contract) !== undefined;
      lines ||= contract !== undefined && isPersonal(contract);
    }
    this.#hidden.set(model, { read, truths, lines });
    return { truths, lines };
  }

  /** How the shares of a model's traffic changed. */
  async sharesOf(model: string): Promise<SharesHistory> {
    const shares = this.#changes.get(model) ?? new SharesHistory();
    this.#changes.set(model, shares);
    for await (const { number, state } of this.home.ledger.entries(model, { from: shares.read + 1 }))
      shares.add(number, state.since);
    return shares;
  }
}

/** Since when the shares of a model's traffic were what they were. */
export class SharesHistory {
  /** Instants at which they changed, ascending. */
  readonly at: string[] = [];
  readonly #since: (string | null)[] = [];

  /** Number of the last entry that was read; entries have no gap. */
  get read(): number {
    return this.#since.length;
  }

  add(revision: number, since: string | null): void {
    if (since !== null && since !== this.at.at(-1)) this.at.push(since);
    this.#since[revision - 1] = since;
  }

  /** Since when they were those of a revision; null: nothing was released; undefined for one that was not read. */
  readonly sinceOf = (revision: number): string | null | undefined => this.#since[revision - 1];
}

function versionRules(record: ModelVersion, tally: TallyRules): VersionRules {
  const { manifest } = record;
  const { contract, monitoring } = manifest;
  const whole =
    wholeTensors(record).length === 0 &&
    contract.features.every(({ personal }) => personal === 'no' || personal === 'hash');
  return {
    manifest,
    tally,
    segmentFeatures: monitoring.segments.map(({ feature }) => feature),
    rowFeatures: whole && contract.features.length > 0 ? contract.features.map(({ name }) => name) : undefined,
    sealedLabel: sealedLabelOf(contract),
  };
}

/** The label's column, where it is personal. */
function sealedLabelOf(contract: Contract): string | undefined {
  const label = columnNamed(contract.data, 'label');
  return label !== undefined && treatmentOf(contract, label) !== 'no' ? label : undefined;
}
