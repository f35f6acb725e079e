/** Kinds of rules that a whole file can break. */
export const FILE_RULES = ['schema', 'format', 'volume', 'quality', 'freshness', 'distribution'] as const;

/** A file is rejected whole. The message is the reason that people read. */
export class FileRejectedError extends Error {
  override readonly name = 'FileRejectedError';
  constructor(
    /** What kind of rule it broke. */
    readonly rule: (typeof FILE_RULES)[number],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Memory, disk or time did not suffice. It says nothing about the data: what was being done is to be tried again, with
 * more of it.
 */
export class ResourceExhaustedError extends Error {
  override readonly name = 'ResourceExhaustedError';
  constructor(
    readonly resource: 'memory' | 'disk' | 'time',
    cause: Error,
  ) {
    super(`there is not enough ${resource}: ${cause.message.split('\n')[0]}`, { cause });
  }
}

/** The error itself, unless it says that a resource did not suffice. */
export function resourceError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FileRejectedError) return error;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || DISK.test(error.message))
    return new ResourceExhaustedError('disk', error);
  if (code === 'ENOMEM' || MEMORY.test(error.message)) return new ResourceExhaustedError('memory', error);
  return error;
}

const DISK = /no space left|disk quota|max_temp_directory_size|failed to offload/i;
const MEMORY = /^(?:Out of Memory Error|std::bad_alloc)|array buffer allocation failed|cannot allocate memory/i;

/** What came is not the object that the event told of: it was cut off on its way. */
export class DropSizeMismatchError extends Error {
  override readonly name = 'DropDiffersError';
  constructor(
    readonly key: string,
    readonly bytes: number,
    readonly told: number,
  ) {
    super(`${key} came with ${bytes} bytes, the event told of ${told}`);
  }
}

/** The drop cannot be judged at all: nothing says what its dataset should be like. */
export class NoContractError extends Error {
  override readonly name = 'NoContractError';
  constructor(readonly dataset: string) {
    super(
      `dataset ${dataset} has no contract: put one under contracts/${dataset}.json, or release a model of that name`,
    );
  }
}

/** The contract of a dataset is none. The message names its file, and what is wrong at which place. */
export class InvalidContractError extends Error {
  override readonly name = 'InvalidContractError';
  constructor(
    /** Key of the contract. */
    readonly key: string,
    fault: string,
    options?: ErrorOptions,
  ) {
    super(`${key}: ${fault}`, options);
  }
}

/** The name of a data file has an ending that no reader is for. */
export class UnsupportedFileError extends Error {
  override readonly name = 'UnsupportedFileError';
  constructor(
    readonly file: string,
    /** Endings that files may have. */
    readonly supported: readonly string[],
  ) {
    super(`'${file}' is none of ${supported.join(', ')}`);
  }
}
