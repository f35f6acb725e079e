import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import { homeContract } from '../contract/home.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-home-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

homeContract('local', () => openLocalHome(folder));
