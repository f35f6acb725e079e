import { describe, expect, it } from 'vitest';
import { Baseline } from '../../../core/profile/profile.ts';
import type { ModelVersion } from '../../../core/registry/version.ts';
import { digestOf } from '../../../platform/digest.ts';
import type { Home } from '../../../platform/ports.ts';
import { registeredBaseline } from '../../../usecases/registry/registered-baseline.ts';

const baselineAt = (createdAt: string, rows: number): { bytes: Uint8Array; value: Baseline } => {
  const source = digestOf(new TextEncoder().encode('rows'));
  const value = Baseline.parse({ format: 1, createdAt, source, profile: { rows, columns: {} }, chunks: [] });
  return { bytes: new TextEncoder().encode(JSON.stringify(value)), value };
};
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

describe('registeredBaseline', () => {
  it('finds the one that was only made again among the latest, and reads few of many versions', async () => {
    // One is longer than the others.
    const kept = Array.from({ length: 50 }, (_, i) => baselineAt(at(i), i === 3 ? 5_000 : 100 + i));
    const reads: string[] = [];
    const home = {
      ledger: {
        async *versions() {
          for (const [i, { bytes }] of kept.entries())
            yield {
              version: i + 1,
              artifact: { digest: 'graph' },
              baseline: { key: String(i), digest: digestOf(bytes), bytes: bytes.length },
            } as ModelVersion;
        },
      },
      artifacts: {
        async get(key: string) {
          reads.push(key);
          return kept[Number(key)]!.bytes;
        },
      },
    } as unknown as Pick<Home, 'ledger' | 'artifacts'>;
    const find = (given: { bytes: Uint8Array; value: Baseline }) =>
      registeredBaseline(home, { model: 'm', digest: 'graph' }, given);

    expect(await find(baselineAt(at(99), 148))).toBe(kept[48]!.bytes);
    const other = baselineAt(at(99), 999);
    expect(await find(other)).toBe(other.bytes);
    expect(reads).toHaveLength(2 + 8);
    expect(await find(baselineAt(at(99), 5_000))).toBe(kept[3]!.bytes);
    expect(reads).toHaveLength(11);
    expect(await find(kept[0]!)).toBe(kept[0]!.bytes);
    expect(reads).toHaveLength(11);
  });
});
