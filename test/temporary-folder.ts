import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * A fresh folder for a test to work in. Nobody has to remove it: in a file of tests the temporary folder of the system
 * is one of the file's own (test/isolation/own-folder.ts), which goes with all that is in it when the file is through.
 *
 * @param name what it is for, so that a path in a message says so
 */
export const temporaryFolder = (name: string): string => mkdtempSync(path.join(os.tmpdir(), `trimtab-${name}-`));
