import { createHash } from 'node:crypto';
import { PREVIEW_PREFIX } from '../core/model/names.ts';

/** Jobs of previews on GitHub have one environment, which approvals and their role that deploys go by. */
const PREVIEWS = 'preview';

/** What a name has after `preview-`, for a name of an environment has 16 characters. */
const OWN = /^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/;

/** The environment on GitHub whose jobs deploy and use an environment; all previews have one. */
export const jobEnvironment = ({ environment, preview }: { environment: string; preview: boolean }): string =>
  preview ? PREVIEWS : environment;

/**
 * The environment of a branch's preview: `preview-` and the branch, where that is 1 to 8 of a-z, 0-9 and - within; else
 * the first 8 digits of its SHA-256, which a shell has by `printf %s BRANCH | sha256sum`.
 */
export function previewOf(branch: string): string {
  return PREVIEW_PREFIX + (OWN.test(branch) ? branch : createHash('sha256').update(branch).digest('hex').slice(0, 8));
}
