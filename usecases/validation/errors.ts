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
