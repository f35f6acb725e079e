import * as z from 'zod';
import { ContentChange, valueChanges } from '../../core/registry/content-changes.ts';
import type { ModelVersion } from '../../core/registry/version.ts';

/** What differs between two contracts. */
export const ContractDiffView = z.strictObject({
  a: z.string().describe('The first, as it was named.'),
  b: z.string().describe('The second, as it was named.'),
  changes: z.array(ContentChange).describe('What differs, value by value; empty where they are the same.'),
});
export type ContractDiffView = z.infer<typeof ContractDiffView>;

interface Named {
  readonly name: string;
  readonly manifest: ModelVersion['manifest'];
}

/** What differs between the contracts of two manifests. */
export const contractDiff = (a: Named, b: Named): ContractDiffView => ({
  a: a.name,
  b: b.name,
  changes: valueChanges('contract', a.manifest.contract, b.manifest.contract),
});
