// Gives a file of tests a temporary folder of its own, the tests' and that of whatever they call or start, before its
// first test, and removes it after its last one, whether they passed or not.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, inject } from 'vitest';

/** Where tsx keeps what it has compiled: the one thing that is shared, for every process would compile all of it anew. */
const TSX = `tsx-${process.geteuid?.() ?? os.userInfo().username}`;

const compiled = path.join(os.tmpdir(), TSX);
const folder = mkdtempSync(path.join(inject('runFolder'), 'file-'));
chmodSync(folder, 0o711);
mkdirSync(compiled, { recursive: true });
symlinkSync(compiled, path.join(folder, TSX), 'junction');
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
