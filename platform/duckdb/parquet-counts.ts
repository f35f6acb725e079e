import { open } from 'node:fs/promises';
import { readFooter } from './parquet-footer.ts';
import { DAMAGED, type FooterCounts, readCounts } from './parquet-metadata.ts';
import { pagesContradiction } from './parquet-pages.ts';

/** What cannot be true of a file. */
export interface CountContradiction {
  /** Name of the column that it is in; undefined for the file as a whole. */
  readonly column: string | undefined;
  readonly why: string;
}

/**
 * What contradicts itself in a Parquet file: among the counts of its footer and of the heads of its pages, and between
 * pages and their checksums. A reader that believes one of them loses rows, or makes some up, without a word.
 *
 * @returns undefined where all is right
 */
export async function findContradiction(file: string): Promise<CountContradiction | undefined> {
  const handle = await open(file);
  try {
    const { footer, start } = await readFooter(handle);
    const counts = readCounts(footer);
    return footerContradiction(counts) ?? (await pagesContradiction(handle, start, counts));
  } catch (error) {
    if (error instanceof RangeError) return { column: undefined, why: DAMAGED };
    throw error;
  } finally {
    await handle.close();
  }
}

function footerContradiction({ rows, leaves, groups }: FooterCounts): CountContradiction | undefined {
  const sum = groups.reduce((total, group) => total + group.rows, 0);
  if (sum !== rows)
    return { column: undefined, why: `its footer tells of ${rows} rows, and of ${sum} in its row groups` };
  for (const [number, group] of groups.entries()) {
    const { chunks } = group;
    if (chunks.length !== leaves.length)
      return {
        column: undefined,
        why: `its footer tells of ${leaves.length} columns, and of ${chunks.length} in row group ${number + 1}`,
      };
    for (const [i, { values }] of chunks.entries()) {
      const { column, repeated } = leaves[i]!;
      if (repeated ? values < group.rows : values !== group.rows)
        return {
          column,
          why: `its footer tells of ${group.rows} rows in row group ${number + 1}, and of ${values} values of them`,
        };
    }
  }
  return undefined;
}
