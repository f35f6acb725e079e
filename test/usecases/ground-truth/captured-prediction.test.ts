import { describe, expect, it } from 'vitest';
import { Capture, LONGEST_STRING } from '../../../core/captures/capture.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { predictionReader } from '../../../usecases/ground-truth/captured-prediction.ts';
import { RuleBook } from '../../../usecases/quality/version-rules.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { captureLine } from './capture-lines.ts';

describe('the digest of a captured row', () => {
  const scalar = (name: string, type: 'float32' | 'string') => ({ name, type, shape: [-1, 1] });
  const image = { name: 'image', type: 'float32', shape: [-1, 3, 8, 8] };

  /** Digest of the first of some captured rows, by its version's rules. */
  async function digestOf(
    inputs: readonly object[],
    tensors: readonly object[],
    features: Capture['features'],
    of: object = {},
  ): Promise<string | undefined> {
    const home = await openLocalHome(temporaryFolder('digest'));
    const contract = {
      features: [
        { name: 'note', type: 'string' },
        { name: 'x', type: 'float' },
      ],
      tensors,
      ...of,
    };
    const record = { ...versionRecord('m', 1), manifest: Manifest.parse({ name: 'm', contract }) };
    const signature = { ...record.signature, inputs: inputs as typeof record.signature.inputs };
    await home.ledger.append(firstEntries('m')[0], { ...record, signature });
    const rules = await new RuleBook(home).of('m', 1);
    const line = captureLine('id', [0.5], { at: '2026-01-01T12:00:00.000Z', principal: 'p', features });
    return predictionReader(Capture.parse(JSON.parse(line)), rules)(0).kept.digest;
  }
  const plain = [scalar('note', 'string'), scalar('x', 'float32')];
  const row = { note: ['a'], x: [1] };

  it('is there where captures hold all of the row', async () => {
    expect(await digestOf(plain, [], row)).toMatch(/^\S{16}$/);
    expect(await digestOf(plain, [], row)).not.toBe(await digestOf(plain, [], { ...row, x: [2] }));
  });

  it('is not there where the model takes a whole tensor beside, whether or not the contract has rules for it', async () => {
    expect(await digestOf([...plain, image], [{ name: 'image', min: 0, max: 1 }], row)).toBeUndefined();
    expect(await digestOf([...plain, image], [], row)).toBeUndefined();
  });

  it('is not there where a feature was not captured, whatever its name', async () => {
    const contract = { features: [{ name: 'constructor', type: 'float' }], tensors: [] };
    expect(await digestOf([scalar('constructor', 'float32')], [], {}, contract)).toBeUndefined();
  });

  it('is not there where a value may have been cut or rounded', async () => {
    expect(await digestOf(plain, [], { ...row, note: ['a'.repeat(LONGEST_STRING)] })).toBeUndefined();
    expect(await digestOf(plain, [], { ...row, note: ['a'.repeat(LONGEST_STRING - 1)] })).toBeDefined();
    expect(await digestOf(plain, [], { ...row, x: [2 ** 53] })).toBeUndefined();
  });
});
