/**
 * A value as JSON whose bytes depend on nothing but the value: members sorted, no spaces, as in RFC 8785 (but whole numbers as
 * names come first, as everywhere in JavaScript). Members that are
 * undefined are left out, as JSON leaves them out.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
