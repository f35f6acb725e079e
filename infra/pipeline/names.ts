import type { PipelineConfig } from './config.ts';

/** Issuer of GitHub's OIDC tokens. */
export const ISSUER = 'token.actions.githubusercontent.com';

/** Audience of tokens that are exchanged for credentials of AWS. */
export const AUDIENCE = 'sts.amazonaws.com';

/** Kind of a job, as the last part of its token's subject: of a pull request, or of an environment. */
export type PipelineJob = 'pull_request' | `environment:${string}`;

/** Subject of the tokens that GitHub issues to jobs of this kind in the repository, and to no others. */
export function oidcSubject({ repository, ownerId, repositoryId }: PipelineConfig, job: PipelineJob): string {
  if (ownerId === undefined) return `repo:${repository}:${job}`;
  const [owner, name] = repository.split('/');
  return `repo:${owner}@${ownerId}/${name}@${repositoryId}:${job}`;
}

/** Names of the roles. They are fixed, so that workflows can derive them from the configuration. */
export const DIFF_ROLE = 'trimtab-diff';
export const roleName = (environment: string, role: 'deploy' | 'smoke' | 'models' | 'copy'): string =>
  `trimtab-${environment}-${role}`;
