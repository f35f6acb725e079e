import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

const SCHEMA = 'model.schema.json';

/**
 * What a manifest in a folder has for `$schema`, so that editors complete and check it: the schema of this program by
 * its path where that is within the project, else a copy beside the manifest, which stays where it is.
 *
 * @param project the folder that the project is in
 */
export async function schemaReference(folder: string, project: string): Promise<string> {
  const shipped = path.join(
    path.dirname(createRequire(import.meta.url).resolve('trimtab/package.json')),
    'schemas',
    SCHEMA,
  );
  const isWithin = (file: string): boolean =>
    !path.relative(project, file).startsWith('..') && !path.isAbsolute(path.relative(project, file));
  if (isWithin(shipped) && isWithin(path.resolve(folder)))
    return path.relative(path.resolve(folder), shipped).split(path.sep).join('/');
  await copyFile(shipped, path.join(folder, SCHEMA));
  return `./${SCHEMA}`;
}
