import { createHash } from 'node:crypto';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection, DuckDBScalarFunction } from '@duckdb/node-api';
import { makeTemporaryFolder } from '../temporary-folder.ts';

export interface DuckOptions {
  /** @default 512 */
  readonly memoryMb?: number;
  /** @default 2 */
  readonly threads?: number;
  /** Interrupts the query that is running, and refuses others. */
  readonly signal?: AbortSignal | undefined;
}

export type Row = Record<string, unknown>;

type Library = typeof import('@duckdb/node-api');

/** A database in memory with a scratch folder of its own. */
export interface Duck {
  readonly scratch: string;
  /** What ends the work early, also such as the engine does not do. */
  readonly signal: AbortSignal | undefined;
  run(sql: string): Promise<void>;
  /** Rows as JavaScript values; 64-bit integers come as bigint. */
  rows(sql: string): Promise<Row[]>;
  /** Columns of the result's rows, some thousand rows at a time: what may not fit into memory. No other query meanwhile. */
  columns(sql: string): AsyncIterable<unknown[][]>;
  /** Makes a function of text known to SQL; null stays null. */
  define(name: string, apply: (text: string) => string): void;
  close(): Promise<void>;
}

/**
 * Opens DuckDB for work on files the caller names, with nothing loaded or fetched from elsewhere and bounded memory;
 * what does not fit spills to the scratch folder. Resident memory goes about 100 MB over the limit.
 */
export async function openDuck({ memoryMb = 512, threads = 2, signal }: DuckOptions = {}): Promise<Duck> {
  const scratch = await makeTemporaryFolder('duck');
  // On Lambda only the temporary folder can be written.
  // Not before it is wanted: most commands never want it.
  const library = await import('@duckdb/node-api');
  const instance = await library.DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMb}MB`,
    temp_directory: scratch,
    home_directory: scratch,
    extension_directory: scratch,
    max_temp_directory_size: '8GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection: DuckDBConnection = await instance.connect();
  // Instants are written and cut into days in UTC, whatever zone the machine is in.
  await connection.run("SET TimeZone = 'UTC'");
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  return {
    scratch,
    signal,
    run: async (sql) => {
      signal?.throwIfAborted();
      await connection.run(sql);
    },
    rows: async (sql) => {
      signal?.throwIfAborted();
      return (await connection.runAndReadAll(sql)).getRowObjectsJS() as Row[];
    },
    columns: (sql) => columnsOf(connection, sql, signal),
    define: (name, apply) => connection.registerScalarFunction(textFunction(library, name, apply)),
    close: async () => {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function* columnsOf(
  connection: DuckDBConnection,
  sql: string,
  signal: AbortSignal | undefined,
): AsyncIterable<unknown[][]> {
  signal?.throwIfAborted();
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
    yield chunk.getColumns();
}

function textFunction(
  { DuckDBScalarFunction, VARCHAR }: Library,
  name: string,
  apply: (text: string) => string,
): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    parameterTypes: [VARCHAR],
    returnType: VARCHAR,
    // Equal arguments need not give equal results: envelopes do not.
    volatile: true,
    mainFunction: (_, input, output) => {
      const texts = input.getColumnVector(0);
      for (let row = 0; row < input.rowCount; row++) {
        const text = texts.getItem(row) as string | null;
        output.setItem(row, text === null ? null : apply(text));
      }
      output.flush();
    },
  });
}

/**
 * A file by a path that the engine takes for a path: it takes one with `*`, `?`, `[` or `{` for a pattern, and would read
 * other files. Such a file gets another name in the scratch folder.
 */
export async function plainPath({ scratch }: Pick<Duck, 'scratch'>, file: string): Promise<string> {
  if (!/[*?[\]{}]/.test(file)) return file;
  const ending = /((\.[a-z]+){1,2})$/i.exec(path.basename(file))?.[1] ?? '';
  const named = path.join(scratch, `file-${digestName(file)}${ending}`);
  await symlink(path.resolve(file), named).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return named;
}

const digestName = (file: string): string => createHash('sha256').update(path.resolve(file)).digest('hex').slice(0, 16);

/** Opens, works, and closes whatever happens. */
export async function withDuck<T>(options: DuckOptions | undefined, work: (duck: Duck) => Promise<T>): Promise<T> {
  const duck = await openDuck(options);
  try {
    return await work(duck);
  } finally {
    await duck.close();
  }
}

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** Text as an SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
