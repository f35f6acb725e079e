let second = Number.NaN;
let prefix = '';

/**
 * Milliseconds since 1970 as ISO 8601 in UTC, as `toISOString` writes them; all of one second share their making, which
 * takes longer than the rest of a capture's frame.
 */
export function instant(ms: number): string {
  const whole = Math.floor(ms / 1_000);
  if (whole !== second) {
    prefix = new Date(whole * 1_000).toISOString().slice(0, -4);
    second = whole;
  }
  const rest = Math.floor(ms) - whole * 1_000;
  return `${prefix}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}
