/**
 * A value that came as JSON, as JSON again, integers with all their digits; what JSON has no word for is null.
 *
 * @param value no deeper than a body may be
 */
export function exactText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(exactText).join(',')}]`;
  // What JSON writes as a number by itself, boxed or not.
  if (typeof value !== 'object' || value === null || value instanceof Number) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${exactText(member)}`)
    .join(',')}}`;
}
