import type { PipelineConfig } from './config.ts';

/** Where GitHub's tokens come from. */
export const ISSUER = 'token.actions.githubusercontent.com';

/** Whom a token is for when it is exchanged at AWS. */
export const AUDIENCE = 'sts.amazonaws.com';

/** What a job is, as the subject of its token ends: one of a pull request, or one that deploys to an environment. */
export type PipelineJob = 'pull_request' | `environment:${string}`;

/** The subject of the tokens that GitHub gives to such jobs of the repository, and to no others. */
export function oidcSubject({ repository, ownerId, repositoryId }: PipelineConfig, job: PipelineJob): string {
  if (ownerId === undefined) return `repo:${repository}:${job}`;
  const [owner, name] = repository.split('/');
  return `repo:${owner}@${ownerId}/${name}@${repositoryId}:${job}`;
}

/** Names of the roles: fixed, so that a workflow can tell them from the configuration alone. */
export const DIFF_ROLE = 'trimtab-diff';
export const roleName = (environment: string, role: 'deploy' | 'smoke' | 'models'): string =>
  `trimtab-${environment}-${role}`;
