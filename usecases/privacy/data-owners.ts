import { PRINCIPAL_FIELD, UNIT_FIELD } from '../../core/captures/pseudonym-fields.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { ENVELOPE, type PrivacyKeys, personalColumns, treatmentOf } from '../../core/contract/personal.ts';
import type { Home } from '../../platform/ports.ts';
import { contractColumns } from '../validation/csv-header.ts';
import { parseContract } from '../validation/dataset-contract.ts';

/** A model, or a dataset that is no model's, and how its contracts name their subjects. */
export interface DataOwner {
  readonly name: string;
  /** Whether it has a ledger. */
  readonly model: boolean;
  /** Subject columns of all its contracts, former ones included, and whether they hold numbers. */
  readonly subjects: ReadonlyMap<string, boolean>;
  /** All its contracts, the one that holds now first. */
  readonly contracts: readonly Contract[];
  /** Columns of data files, of each of its contracts. */
  readonly columns: readonly ReturnType<typeof contractColumns>[];
  /** Label columns of all its contracts. */
  readonly labels: readonly string[];
  /** Columns that one of its contracts has encrypted. */
  readonly encrypted: ReadonlySet<string>;
}

/** Every model and dataset there is, or the one named. */
export async function dataOwners(home: Home, only?: string): Promise<DataOwner[]> {
  const owners: DataOwner[] = [];
  const models = await home.ledger.models();
  for (const name of models) {
    if (only !== undefined && only !== name) continue;
    const contracts: Contract[] = [];
    for await (const { manifest } of home.ledger.versions(name)) contracts.push(manifest.contract);
    owners.push({ name, model: true, ...described([...(await contractsOf(home, name)), ...contracts.reverse()]) });
  }
  for await (const { key } of home.data.list('contracts/')) {
    const name = /^contracts\/(.+)\.json$/.exec(key)?.[1];
    if (name === undefined || models.includes(name) || (only !== undefined && only !== name)) continue;
    owners.push({ name, model: false, ...described(await contractsOf(home, name)) });
  }
  return owners;
}

/** Datasets of which something is kept, and no contract. Where `only` is named, that one. */
export async function datasetsWithoutContract(
  home: Home,
  owners: readonly DataOwner[],
  only?: string,
): Promise<string[]> {
  const names = new Set<string>();
  for (const place of ['incoming', 'datasets', 'quarantine'])
    for await (const { key } of home.data.writes(`${place}/`)) {
      const [, name, rest] = key.split('/');
      // What is known of predictions lies there too, by model.
      if (rest !== undefined && name !== 'ground-truth' && (only ?? name) === name) names.add(name!);
    }
  for (const { name } of owners) names.delete(name);
  return [...names].sort();
}

async function contractsOf(home: Home, dataset: string): Promise<Contract[]> {
  const key = `contracts/${dataset}.json`;
  if (!(await home.data.head(key))) return [];
  return [parseContract(key, await home.data.get(key)).contract];
}

function described(contracts: readonly Contract[]): Omit<DataOwner, 'name' | 'model'> {
  const subjects = new Map<string, boolean>();
  for (const { features, data } of contracts)
    if (data.subject !== undefined)
      subjects.set(
        data.subject,
        features.some(({ name, type }) => name === data.subject && type !== 'string'),
      );
  return {
    subjects,
    contracts,
    columns: contracts.map(contractColumns),
    labels: contracts.flatMap(({ data }) => columnNamed(data, 'label') ?? []),
    encrypted: new Set(
      contracts.flatMap((contract) =>
        personalColumns(contract).filter((column) => treatmentOf(contract, column) === 'encrypt'),
      ),
    ),
  };
}

/** Somebody, as the records of one owner may know them: in the clear, by a pseudonym, or in an envelope. */
export class Subject {
  /** By subject column. */
  readonly #pseudonyms: ReadonlyMap<string, string>;
  /** As what was randomised, and as who has sent something. */
  readonly #unit: string;
  readonly #principal: string;
  readonly #mention: RegExp;

  constructor(
    readonly owner: DataOwner,
    private readonly value: string,
    private readonly keys: PrivacyKeys,
  ) {
    this.#pseudonyms = new Map(
      [...owner.subjects.keys()].map((column) => [column, keys.pseudonym(column, this.#as(column, value))]),
    );
    this.#unit = keys.pseudonym(UNIT_FIELD, value);
    this.#principal = keys.pseudonym(PRINCIPAL_FIELD, value);
    const escaped = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    // As a word of its own: 12 is not mentioned in 1 123.
    this.#mention = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'u');
  }

  /** Whether a pseudonym is this subject's. */
  hasPseudonym(pseudonym: string | undefined): boolean {
    return pseudonym !== undefined && [...this.#pseudonyms.values()].includes(pseudonym);
  }

  /** Whether a request as a whole is this subject's: it was routed by it, or sent by it. */
  hasSent({ unit, principal }: { readonly unit?: unknown; readonly principal?: unknown }): boolean {
    return unit === this.#unit || principal === this.#principal;
  }

  /** Whether a column's value, treated in whatever way, is this subject. */
  is(column: string, cell: unknown): boolean {
    if (cell === null || cell === undefined || !this.owner.subjects.has(column)) return false;
    const text = String(cell);
    if (this.#as(column, text) === this.#as(column, this.value) || text === this.#pseudonyms.get(column)) return true;
    if (!text.startsWith(ENVELOPE)) return false;
    try {
      return this.keys.open({ owner: this.owner.name, field: column }, text) === this.#as(column, this.value);
    } catch {
      return false;
    }
  }

  /** Whether a text that cannot be taken apart speaks of this subject: rather one line too many than one too few. */
  isMentionedIn(text: string): boolean {
    const pseudonyms = [...this.#pseudonyms.values(), this.#unit, this.#principal];
    return this.#mention.test(text) || pseudonyms.some((pseudonym) => text.includes(pseudonym));
  }

  /** Whether a text may hold this subject at all, so that it is worth taking apart. */
  mayBeIn(text: string): boolean {
    return text.includes(this.value) || text.includes(ENVELOPE) || text.includes('f64:') || this.isMentionedIn(text);
  }

  /** As captures write it: 36, not 36.0. */
  #as(column: string, text: string): string {
    return this.owner.subjects.get(column) && text.trim() !== '' && Number.isFinite(Number(text))
      ? String(Number(text))
      : text;
  }
}
