import path from 'node:path';
import { Contract } from '../core/contract/contract.ts';
import { withDuck } from '../platform/duckdb/connection.ts';
import { validateFile } from '../usecases/validation/validate-file.ts';
import { validateByPlainSql } from './peers/validate.ts';
import { validationContract } from './validate-data.ts';

const [what, file = '', folder = '', shape = 'table'] = process.argv.slice(2);
const contract = Contract.parse(validationContract(shape));

const from = performance.now();
const before = process.cpuUsage();
if (what === 'validate') {
  const verdict = await validateFile(file, contract, { outDir: path.join(folder, 'out'), now: new Date() });
  if (verdict.verdict !== 'accepted' || verdict.rows.quarantined === 0) throw new Error(JSON.stringify(verdict.rows));
} else await withDuck({ memoryMb: 384 }, (duck) => validateByPlainSql(duck, file, contract, folder));
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  JSON.stringify({
    ms: performance.now() - from,
    cpuMs: (user + system) / 1_000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
