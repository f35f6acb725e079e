/** A file is rejected whole. The message is the reason that people read. */
export class FileRejectedError extends Error {
  override readonly name = 'FileRejectedError';
  constructor(
    /** What kind of rule it broke: `schema`, `format`, `volume`, `quality`, `freshness`, `distribution`. */
    readonly rule: 'schema' | 'format' | 'volume' | 'quality' | 'freshness' | 'distribution',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
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
