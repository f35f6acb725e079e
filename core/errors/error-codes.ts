/** Causes that are followed: an error may be its own. */
const MAX_DEPTH = 10;

/** Codes of the operating system (`ENOSPC`) that an error has, and what caused it, the outermost first. */
export function errorCodes(error: unknown): string[] {
  const codes: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && at instanceof Error; depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') codes.push(code);
    at = at.cause;
  }
  return codes;
}
