let second = Number.NaN;
let prefix = '';

/**
 * Formats milliseconds since 1970 as ISO 8601 in UTC, as `toISOString` does. The text of the last second is cached,
 * because making it takes longer than the rest of a capture line's frame.
 */
export function instant(ms: number): string {
  const whole = Math.floor(ms / 1_000);
  if (whole !== second) {
    prefix = new Date(whole * 1_000).toISOString().slice(0, -4);
    second = whole;
  }
  const rest = Math.floor(ms) - whole * 1_000;
  let zeros = '';
  if (rest < 10) zeros = '00';
  else if (rest < 100) zeros = '0';
  return `${prefix}${zeros}${rest}Z`;
}
