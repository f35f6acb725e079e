import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UnsupportedFileError } from '../../../usecases/validation/errors.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('profileAnyFile', () => {
  it('takes a column for numeric when all values that are there are numbers', async () => {
    const file = path.join(temporaryFolder('profile'), 'data.csv');
    writeFileSync(file, 'a,b\n1,x\n,2\n3,\n');
    const { rows, columns } = await profileAnyFile(file);
    expect(rows).toBe(3);
    expect(columns.a).toMatchObject({ kind: 'numeric', missing: 1, min: 1, max: 3 });
    expect(columns.b).toMatchObject({ kind: 'categorical', missing: 1, categories: ['2', 'x'] });
  });

  it('names the endings that it knows when a file has another', async () => {
    const profile = profileAnyFile('data.xlsx');
    await expect(profile).rejects.toThrow(UnsupportedFileError);
    await expect(profile).rejects.toThrow("'data.xlsx' is none of .csv, .jsonl, .ndjson, .parquet");
  });
});
