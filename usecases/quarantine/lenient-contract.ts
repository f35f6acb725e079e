import type { Contract } from '../../core/contract/contract.ts';

/**
 * The contract of a few rows of a file: what is asked of a file as a whole (how many rows, how old, how distributed) says
 * nothing about them.
 */
export const rowsContract = (contract: Contract): Contract => ({
  ...contract,
  file: { minRows: 0, maxRows: contract.file.maxRows, maxQuarantinedShare: 1, unique: contract.file.unique },
});

/** The types of a contract and no rule besides: what its cells can be read as at all. */
export const typesContract = (contract: Contract): Contract => ({
  ...contract,
  features: contract.features.map(({ name, type, personal }) => ({
    name,
    type,
    personal,
    missing: 'allow',
    onViolation: 'flag',
  })),
  file: { ...rowsContract(contract).file, unique: [] },
});
