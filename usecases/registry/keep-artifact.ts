import { copyFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from '../../core/registry/version.ts';
import { DamagedArtifactError } from '../../platform/artifact.ts';
import { digestOf, digestOfFile } from '../../platform/digest.ts';
import { ModelFolderError } from '../../platform/model-folder.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { makeTemporaryFolder, withTemporaryFolder } from '../../platform/temporary-folder.ts';

/**
 * Keeps a copy of a model's file that nobody else writes to: what has been kept under a digest can never be taken back.
 *
 * @throws ModelFolderError when the file is written to meanwhile
 */
export async function keepModel(
  artifacts: Pick<ObjectStore, 'upload'>,
  modelFile: string,
  digest: string,
): Promise<Artifact> {
  const key = `models/${digest}.onnx`;
  const folder = await makeTemporaryFolder('model');
  try {
    const copy = path.join(folder, 'model.onnx');
    await copyFile(modelFile, copy);
    if ((await digestOfFile(copy)) !== digest)
      throw new ModelFolderError(modelFile, 'it was changed while it was being registered');
    await artifacts.upload(key, copy, { ifAbsent: true });
    return { key, digest, bytes: (await stat(copy)).size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const keepJson = (
  artifacts: Pick<ObjectStore, 'put'>,
  folder: 'rehearsals' | 'side-by-side',
  value: unknown,
): Promise<Artifact> =>
  keepBytes(artifacts, { folder, extension: 'json' }, new TextEncoder().encode(JSON.stringify(value)));

export async function keepBytes(
  artifacts: Pick<ObjectStore, 'put'>,
  { folder, extension }: { readonly folder: string; readonly extension: string },
  body: Uint8Array,
): Promise<Artifact> {
  const digest = digestOf(body);
  const key = `${folder}/${digest}.${extension}`;
  await artifacts.put(key, body, { ifAbsent: true });
  return { key, digest, bytes: body.length };
}

/** A store, and what people know it by. */
export interface NamedStore {
  readonly artifacts: Pick<ObjectStore, 'download' | 'upload'>;
  readonly description: string;
}

/**
 * Copies an artifact from one store to another under its own key. What is copied has the digest it was registered with,
 * and so has what was there before: that is read, for nothing that is kept can be written again.
 *
 * @returns whether it was there
 * @throws DamagedArtifactError when either has another digest
 */
export function copyArtifact(from: NamedStore, to: NamedStore, artifact: Artifact): Promise<boolean> {
  const { key } = artifact;
  return withTemporaryFolder('copy', async (folder) => {
    const file = path.join(folder, 'artifact');
    await from.artifacts.download(key, file);
    await mustBe(artifact, file, from);
    if (await to.artifacts.upload(key, file, { ifAbsent: true })) return false;
    await to.artifacts.download(key, file);
    await mustBe(artifact, file, to);
    return true;
  });
}

async function mustBe({ key, digest }: Artifact, file: string, { description }: NamedStore): Promise<void> {
  const found = await digestOfFile(file);
  if (found !== digest) throw new DamagedArtifactError(`${key} of ${description}`, digest, found);
}
