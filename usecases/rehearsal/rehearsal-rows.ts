import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withInputTypes } from '../../core/contract/bind.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { valueOfStored } from '../../core/profile/row-value.ts';
import type { RehearsalSource } from '../../core/rehearsal/rehearsal.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { drawnRows } from '../baseline/background-rows.ts';
import { loadTable } from '../validation/load-table.ts';

/** Most rows that a graph is run on. */
const MOST_ROWS = 100;

/** Real rows that a version is rehearsed on. */
export interface RehearsalRows {
  readonly source: RehearsalSource;
  /** What the rows are of, for messages. */
  readonly name: string;
  /** Rows of features by name, or lines of requests. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly requests: boolean;
}

export interface RowSources {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly signature: Signature;
  readonly baseline: Baseline | undefined;
  /** A file that was named; it goes before everything else. */
  readonly dataFile?: string | undefined;
}

/**
 * Rows to rehearse on: of a file that was named, else those that the baseline keeps, else the folder's example.jsonl;
 * undefined where there are none.
 *
 * @throws FileRejectedError, JsonLinesError when a file is not what it should be
 */
export async function rehearsalRows(sources: RowSources): Promise<RehearsalRows | undefined> {
  const { folder, baseline, dataFile, manifest } = sources;
  if (dataFile !== undefined) return { source: 'data', name: dataFile, ...(await rowsOfFile(sources, dataFile)) };
  if (baseline?.background !== undefined && baseline.background.rows.length > 0) {
    const { columns, rows } = baseline.background;
    const types = new Map(manifest.contract.features.map(({ name, type }) => [name, type]));
    return {
      source: 'baseline',
      name: path.join(folder, MODEL_FILES.baseline),
      requests: false,
      rows: rows
        .slice(0, MOST_ROWS)
        .map((row) =>
          Object.fromEntries(columns.map((name, i) => [name, valueOfStored(row[i], types.get(name) ?? 'string')])),
        ),
    };
  }
  const example = path.join(folder, MODEL_FILES.example);
  if ((await stat(example).catch(() => undefined)) === undefined) return undefined;
  return { source: 'example', name: example, requests: true, rows: await firstLines(example) };
}

async function rowsOfFile(
  { manifest, signature }: RowSources,
  file: string,
): Promise<Pick<RehearsalRows, 'rows' | 'requests'>> {
  const { contract } = manifest;
  const named = new Set(contract.features.map((feature) => feature.input ?? feature.name));
  // No column of a table holds what is in no feature.
  if (!signature.inputs.every(({ name }) => named.has(name))) return { requests: true, rows: await firstLines(file) };
  const rows = await withDuck({ memoryMb: 1024 }, async (duck) => {
    const { columns } = await loadTable(duck, file, withInputTypes(contract, signature));
    const present = contract.features.filter(({ name }) => columns.some((column) => column.name === name));
    const drawn = await drawnRows(duck, present, MOST_ROWS);
    return drawn.map((row) => Object.fromEntries(present.map(({ name }, i) => [name, row[i] ?? null])));
  });
  return { requests: false, rows };
}

async function firstLines(file: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for await (const line of readJsonLines(file)) {
    lines.push(line);
    if (lines.length === MOST_ROWS) break;
  }
  return lines;
}
