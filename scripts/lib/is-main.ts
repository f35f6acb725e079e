import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Whether a module is the program that was started, not one that it imports; `url` is the module's `import.meta.url`.
 * Node resolves links in that, and leaves them in the name of the program.
 */
export function isMain(url: string): boolean {
  const [, program] = process.argv;
  return program !== undefined && existsSync(program) && realpathSync(program) === fileURLToPath(url);
}
