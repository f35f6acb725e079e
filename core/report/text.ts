/** Text made safe for HTML, attributes included. */
export const escapeHtml = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Control characters, and what turns the direction of the text around it. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A name or value of others in one line, in which what cannot be seen is written out, and what is long is cut. */
export function showText(text: unknown, length = 120): string {
  const whole = String(text);
  const cut = whole.length > length ? `${[...whole.slice(0, length * 2)].slice(0, length).join('')}…` : whole;
  return cut.replace(UNSEEN, (c) => (c === '\n' ? '⏎' : `\\u{${c.codePointAt(0)!.toString(16)}}`));
}

/** A count with its thousands apart. */
export const countText = (n: number): string => n.toLocaleString('en-US');

/** A number in few digits. */
export const numberText = (x: number): string => String(Number(x.toPrecision(4)));

/** A share in percent; one that is not nothing is never told as nothing. */
export function percentText(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share < 1 && share > 0.9995) return '> 99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}
