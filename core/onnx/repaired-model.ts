import type { Repair } from '../model/repair.ts';

export interface RepairedModel {
  readonly bytes: Uint8Array;
  /** In the order in which they were made; none, and the bytes are those that were given. */
  readonly repairs: readonly Repair[];
}
