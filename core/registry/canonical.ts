/**
 * Canonical JSON, for digests: equal values give equal bytes. Members are sorted and there are no spaces, as in RFC
 * 8785, except that names which are whole numbers come first, as everywhere in JavaScript. Undefined members are left
 * out.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
