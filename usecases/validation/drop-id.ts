import { canonical } from '../../core/registry/canonical.ts';
import { digestOf } from '../../platform/digest.ts';

/** What a drop was judged by, and how often by the same before. */
export interface JudgedBy {
  /** Digest of the contract; null where there is none. */
  readonly contract: string | null;
  /** What the file's distribution was held against; left out where the contract does not ask for it. */
  readonly baseline?: string | undefined;
  /** Counts from 2 where the same drop was judged again under the same contract, because somebody wanted it so or another contract had judged it meanwhile. */
  readonly round?: number | undefined;
  /** Lines of another drop that it mends. */
  readonly mends?: string | undefined;
}

/** Digits of a drop's key and content, then those of what it was judged by. */
const DROP = /^([0-9a-f]{20})(?:-[0-9a-f]{12})?$/;

/** The part of a drop's id that is the same under every contract: key and content. */
export const fileId = (key: string, sha256: string): string => digestOf(`${key}\n${sha256}`).slice(0, 20);

/**
 * Identifies a drop as it was judged: by key, content and contract. The same drop under the same contract is the same;
 * under another one it is judged anew.
 */
export const dropId = (key: string, sha256: string, by: JudgedBy): string =>
  `${fileId(key, sha256)}-${digestOf(canonical(by)).slice(0, 12)}`;

/** Whether a text is a drop's id, or the first part of one. */
export const isDropId = (text: string): boolean => DROP.test(text);

/** The part of an id, or of the first part of one, that is the same under every contract. */
export const fileOfDrop = (drop: string): string => drop.slice(0, 20);

/** The part of an id that is the same for every file: what it was judged by. */
export const termsOfDrop = (drop: string): string => drop.slice(20);
