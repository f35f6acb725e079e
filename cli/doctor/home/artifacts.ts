import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from '../../../core/registry/version.ts';
import { loadedRoutes } from '../../../core/serving/route.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { ObjectNotFoundError } from '../../../platform/errors.ts';
import type { Home } from '../../../platform/ports.ts';
import { makeTemporaryFolder } from '../../../platform/temporary-folder.ts';
import { type DoctorCheck, fail, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

/** What has traffic is there, with the content that was registered; and the champion can be judged for drift. */
export const artifacts: DoctorCheck<HomeContext> = {
  name: 'artifacts',
  async look({ home, models, registry }) {
    const findings: Finding[] = [];
    for (const model of models) {
      for (const { variant, version: number } of loadedRoutes(await registry.state(model))) {
        const version = await registry.version(model, number);
        const who = `${model} version ${number} (${variant})`;
        findings.push(await whole(home, `model file of ${who}`, version.artifact));
        if (version.rehearsal) findings.push(await whole(home, `rehearsal of ${who}`, version.rehearsal));
        if (version.baseline) findings.push(await whole(home, `baseline of ${who}`, version.baseline));
        else if (variant === 'champion')
          findings.push(
            warn(`baseline of ${who}`, 'it was registered without one', {
              expected: 'a baseline.json',
              remedy: 'drift is not looked for: `trimtab init` makes a baseline; register the folder again with it',
            }),
          );
      }
    }
    return findings;
  },
};

/** Reads all of it: a size alone says little. */
async function whole(home: Home, name: string, { key, digest, bytes }: Artifact): Promise<Finding> {
  const advice = {
    expected: `${bytes} bytes with digest ${digest.slice(0, 12)}…`,
    remedy: `put the registered file back under ${key} of the artifact store (an earlier version of the object, or the model folder), or \`trimtab rollback\``,
  };
  const folder = await makeTemporaryFolder('doctor');
  try {
    const file = path.join(folder, 'artifact');
    const info = await home.artifacts.download(key, file);
    const found = await digestOfFile(file);
    if (found === digest) return ok(name, `${info.bytes} bytes, as registered`);
    return fail(name, `${info.bytes} bytes with digest ${found.slice(0, 12)}…`, advice);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return fail(name, 'it is gone', advice);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
