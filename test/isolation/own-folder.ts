// Gives a file of tests a temporary folder and a home folder of its own, the tests' and those of whatever they call or
// start, before its first test, and removes them after its last one, whether they passed or not.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, inject } from 'vitest';

/** Where tsx keeps what it has compiled. It is shared, or every process would compile all of it anew. */
const TSX = `tsx-${process.geteuid?.() ?? os.userInfo().username}`;

// Not in os.tmpdir(): where files share a process, that is the folder of the one before.
const compiled = path.join(path.dirname(inject('runFolder')), TSX);
const folder = mkdtempSync(path.join(inject('runFolder'), 'file-'));
chmodSync(folder, 0o711);
mkdirSync(compiled, { recursive: true });
symlinkSync(compiled, path.join(folder, TSX), 'junction');
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;

// A few tests start npm: which registry it asks, and what it has fetched before, is with the person.
process.env.npm_config_userconfig ??= path.join(os.homedir(), '.npmrc');
process.env.npm_config_cache ??= path.join(os.homedir(), '.npm');
// Profiles of AWS are read from the home folder, and the CDK writes digests of files there.
const home = path.join(folder, 'home');
mkdirSync(home);
for (const name of ['HOME', 'USERPROFILE']) process.env[name] = home;

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
