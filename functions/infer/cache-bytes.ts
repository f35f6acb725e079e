/**
 * What model files may take, in bytes; undefined where nothing is said.
 *
 * @param text megabytes of 1,048,576 bytes
 * @throws RangeError
 */
export function cacheBytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text) * 1024 * 1024;
  throw new RangeError(`TRIMTAB_CACHE_MB is a whole number of megabytes from 1, received '${text}'`);
}
