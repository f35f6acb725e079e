/**
 * Object keys as file names. Ordinary names stay as they are, because people drop and read files by hand; what some
 * file system refuses or changes is percent-encoded: reserved characters, non-ASCII (normalised by some), a dot in
 * front (hidden files are not objects), a dot or space at the end, and Windows' device names.
 */
const RESERVED = /[^A-Za-z0-9 _.,=+@()#&'!$;~^{}[\]`-]|^\.|[. ]$|^ /gu;
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

const percent = (text: string): string => encodeURIComponent(text).replace(/^[^%]$/, (c) => `%${hex(c)}`);
const hex = (c: string): string => c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');

/** Name of the file or folder for one part of a key. */
export const encodePart = (part: string): string =>
  part
    .replace(DEVICE, (name) => `%${hex(name[0]!)}${name.slice(1)}`)
    .replace(RESERVED, (c, at: number, whole) =>
      // The percent sign that the device rule has just put there stands.
      c === '%' && at === 0 && whole !== part ? c : percent(c),
    );

/**
 * Part of a key for a file or folder name. A name that no key encodes to, such as one that a person gave, stands for
 * itself.
 */
export function decodePart(name: string): string {
  if (!name.includes('%')) return name;
  try {
    const part = decodeURIComponent(name);
    return encodePart(part) === name ? part : name;
  } catch {
    return name;
  }
}
