import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { mayReadOtherFiles, readsOtherFiles } from '../../core/onnx/inspect.ts';
import { DigestMismatchError, ModelLoadError } from './errors.ts';

/** Up to so many bytes a file is read at once, which is quicker; a larger one would be in memory twice while it is opened. */
const SMALL = 32 * 1024 * 1024;
const PIECE = 4 * 1024 * 1024;
/** Pieces overlap by as much as what is looked for is long, and more. */
const OVERLAP = 64;

/**
 * Holds a model's file to its digest, and makes sure that it is all there is to the model.
 *
 * @throws DigestMismatchError when the file is not the one expected
 * @throws ModelLoadError when it keeps constants in other files
 */
export async function checkModelFile(path: string, digest: string): Promise<void> {
  const { size } = await stat(path);
  const { found, suspect } = size > SMALL ? await byPieces(path) : atOnce(await readFile(path));
  if (found !== digest) throw new DigestMismatchError(path, digest, found);
  // ONNX Runtime would read whatever lies beside it, which here are other models, and no digest covers.
  if (suspect && readsOtherFiles(await readFile(path)))
    throw new ModelLoadError(`${path} keeps constants in other files, expected all in one`);
}

interface Looked {
  /** SHA-256 of the file. */
  readonly found: string;
  /** Whether it has to be read to know that no constant is elsewhere. */
  readonly suspect: boolean;
}

const atOnce = (bytes: Uint8Array): Looked => ({
  found: createHash('sha256').update(bytes).digest('hex'),
  suspect: mayReadOtherFiles(bytes),
});

async function byPieces(path: string): Promise<Looked> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(OVERLAP + PIECE);
  let kept = 0;
  let suspect = false;
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, PIECE);
      if (bytesRead === 0) return { found: hash.digest('hex'), suspect };
      hash.update(buffer.subarray(kept, kept + bytesRead));
      const end = kept + bytesRead;
      suspect ||= mayReadOtherFiles(buffer.subarray(0, end));
      kept = Math.min(OVERLAP, end);
      buffer.copyWithin(0, end - kept, end);
    }
  } finally {
    await file.close();
  }
}
