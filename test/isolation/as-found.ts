// Of files of tests that share a process, one that left something in it would make another fail, or pass. It fails itself.
import { afterAll, expect, vi } from 'vitest';

/** What a process has one of, and what files of tests could tell each other by. */
const found = (): unknown => ({ env: { ...process.env }, folder: process.cwd(), clock: vi.isFakeTimers() });

const before = found();
afterAll(() => expect(found(), 'the process is not as this file of tests has found it').toEqual(before));
