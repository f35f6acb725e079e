import { describe, expect, it } from 'vitest';
import { readSettings } from '../../server/settings.ts';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;
const boundsOf = (memory: number, flags = {}, env = {}) => {
  const { requestBytes, queueBytes } = readSettings(flags, env, memory);
  return [requestBytes / MEGABYTE, queueBytes / MEGABYTE];
};

describe('readSettings', () => {
  it('keeps room for bodies by the memory that there is, shared among the processes', () => {
    expect(boundsOf(64 * GIGABYTE)).toEqual([512, 256]);
    expect(boundsOf(GIGABYTE)).toEqual([128, 64]);
    expect(boundsOf(GIGABYTE, { processes: '4' })).toEqual([32, 16]);
  });

  it('always has room for one body', () => {
    expect(boundsOf(16 * MEGABYTE)).toEqual([6, 6]);
    expect(boundsOf(16 * MEGABYTE, { bodyMegabytes: '20' })).toEqual([20, 20]);
  });

  it('takes what was given as it is', () => {
    const env = { TRIMTAB_SERVE_QUEUE_MEGABYTES: '200' };
    expect(boundsOf(GIGABYTE, { requestMegabytes: '400' }, env)).toEqual([400, 200]);
  });
});
