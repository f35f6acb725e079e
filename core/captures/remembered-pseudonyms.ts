import type { PrivacyKeys } from '../contract/personal.ts';

/** Pseudonyms remembered at most; a keyed hash takes as long as a twentieth of a request or two. */
const MAX_REMEMBERED = 10_000;
/** Longest value that is remembered. */
const MAX_LENGTH = 128;

/** Pseudonyms of one field, remembered: the same few callers come again and again. */
export function rememberedPseudonyms(field: string): (keys: PrivacyKeys, value: string) => string {
  const known = new Map<string, string>();
  let owner: PrivacyKeys | undefined;
  return (keys, value) => {
    if (owner !== keys) {
      known.clear();
      owner = keys;
    }
    const found = known.get(value);
    if (found !== undefined) return found;
    const made = keys.pseudonym(field, value);
    if (value.length > MAX_LENGTH) return made;
    // All at once: what is asked for often is soon there again.
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(value, made);
    return made;
  };
}
