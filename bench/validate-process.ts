import path from 'node:path';
import { Contract } from '../core/contract/contract.ts';
import type { ProfiledColumn } from '../platform/duckdb/column-batch.ts';
import { withDuck } from '../platform/duckdb/connection.ts';
import { profileRelation } from '../platform/duckdb/profile.ts';
import { validateFile } from '../usecases/validation/validate-file.ts';

const [what, file = '', folder = ''] = process.argv.slice(2);
const contract = Contract.parse({
  features: [
    ...Array.from({ length: 10 }, (_, i) => ({ name: `d${i}`, type: 'float', min: 0, max: 1_000 })),
    ...Array.from({ length: 6 }, (_, i) => ({ name: `n${i}`, type: 'integer', min: 0, max: 999 })),
    ...Array.from({ length: 4 }, (_, i) => ({
      name: `s${i}`,
      type: 'string',
      allowed: Array.from({ length: 30 }, (_, v) => `v${v}`),
    })),
  ],
});

const from = performance.now();
if (what === 'validate') {
  const verdict = await validateFile(file, contract, { outDir: path.join(folder, 'out'), now: new Date() });
  if (verdict.verdict !== 'accepted' || verdict.rows.quarantined === 0) throw new Error(JSON.stringify(verdict.rows));
} else
  await withDuck(undefined, async (duck) => {
    const types = contract.features.map(({ name, type }) => `'${name}': '${type === 'string' ? 'VARCHAR' : 'DOUBLE'}'`);
    await duck.run(
      `CREATE TEMP TABLE rows AS SELECT * FROM read_csv('${file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${types.join(', ')}})`,
    );
    const columns = contract.features.map(
      ({ name, type }): ProfiledColumn => ({ name, kind: type === 'string' ? 'categorical' : 'numeric' }),
    );
    await profileRelation(duck, 'rows', columns);
  });
process.stdout.write(JSON.stringify({ ms: performance.now() - from, peakMb: process.resourceUsage().maxRSS / 1024 }));
