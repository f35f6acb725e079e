/** Most characters of a value that a message shows. */
const MAX_LENGTH = 64;

/** Text for a message, cut where it is long. */
export const clip = (text: string): string => (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text);

/** Any value for a message: text in quotes, so that "5" is told from 5, and nothing of what arrays and objects hold. */
export function formatValue(value: unknown): string {
  // Cut first: of a text of megabytes no escaped copy is made.
  if (typeof value === 'string') return clip(JSON.stringify(value.slice(0, MAX_LENGTH)));
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null && !(value instanceof Number)) return 'an object';
  return clip(String(value));
}
