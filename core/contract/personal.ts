import { ownValue } from '../model/own-value.ts';
import type { Contract, PersonalTreatment } from './contract.ts';

/** Whose field a value is of: an envelope opens only under the same owner and field. */
export interface FieldOf {
  /** Model, or dataset where it is no model's. */
  readonly owner: string;
  readonly field: string;
}

/** What the privacy secret is good for. Made outside (platform/privacy.ts): there is no cryptography in the core. */
export interface PrivacyKeys {
  /** Keyed hash of a field's value: the same for the same value, in every model that has a field of that name. */
  pseudonym(field: string, value: string): string;
  /** Encrypts a value; no two envelopes are alike, not even of one value. */
  seal(of: FieldOf, value: string): string;
  /** The value of an envelope. @throws PlatformError when it was sealed with another secret, or for another field */
  open(of: FieldOf, envelope: string): string;
}

/** What opens and seals personal labels: keys of their own, which open nothing else. */
export type LabelKeys = Pick<PrivacyKeys, 'seal' | 'open'>;

/** What an envelope begins with; what follows is base64url of iv (12 bytes), ciphertext and tag (16 bytes). */
export const ENVELOPE = 'enc:v1:';

/** How a column of data files, feature or not, is treated. */
export function treatmentOf(contract: Contract, column: string): PersonalTreatment {
  const feature = contract.features.find(({ name }) => name === column);
  return feature ? feature.personal : (ownValue(contract.data.personal, column) ?? 'no');
}

/** All columns that are personal, features first. */
export const personalColumns = (contract: Contract): string[] => [
  ...contract.features.filter(({ personal }) => personal !== 'no').map(({ name }) => name),
  ...Object.keys(contract.data.personal),
];

export const isPersonal = (contract: Contract): boolean => personalColumns(contract).length > 0;

/** Whether a contract can be kept only with keys; one that has nothing to hash or encrypt never asks for the secret. */
export const needsKeys = (contract: Contract): boolean =>
  personalColumns(contract).some((column) => ['hash', 'encrypt'].includes(treatmentOf(contract, column)));

/**
 * The function that treats a personal field's values; undefined when the field is left out: because it is to be
 * omitted, or because there are no keys, for a hash without a key can be undone by trying all values.
 */
export function treatmentBy(
  treatment: PersonalTreatment,
  of: FieldOf,
  keys: PrivacyKeys | undefined,
): ((value: string) => string) | undefined {
  if (treatment === 'no') return (value) => value;
  if (treatment === 'omit' || keys === undefined) return undefined;
  return treatment === 'hash' ? (value) => keys.pseudonym(of.field, value) : (value) => keys.seal(of, value);
}
