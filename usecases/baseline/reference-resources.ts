import path from 'node:path';
import { ResourceExhaustedError, resourceError } from '../validation/errors.ts';

/** Reference data is too much for this machine, or for what is allowed of it. The message says what to do. */
export class ReferenceTooLargeError extends Error {
  override readonly name = 'ReferenceTooLargeError';
  constructor(dataFile: string, cause: ResourceExhaustedError) {
    const where = cause.resource === 'disk' ? ' in the folder of temporary files (TMPDIR names another)' : '';
    super(
      `there is not enough ${cause.resource}${where} to read ${path.basename(dataFile)} as reference data: give fewer of ` +
        'its rows, drawn at random (of some ten thousand, ranges and bins are as good), or none of the columns that the ' +
        'model does not take',
      { cause },
    );
  }
}

/** Works with reference data. @throws ReferenceTooLargeError where memory or disk does not suffice */
export async function withinResources<T>(dataFile: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = resourceError(error);
    throw known instanceof ResourceExhaustedError ? new ReferenceTooLargeError(dataFile, known) : error;
  }
}
