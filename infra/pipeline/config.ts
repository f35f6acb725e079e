import * as z from 'zod';

/** Where the pipeline runs, and what its roles in an account look like. */
export const PipelineConfig = z
  .strictObject({
    /** The repository on GitHub, `owner/name`. */
    repository: z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'a repository is owner/name'),
    /**
     * Numbers of owner and repository. Repositories made since 2026-07-15 send them in the subject of their tokens, so
     * that nobody who gets hold of a name that was given up gets the trust with it. Without them the names alone count.
     */
    ownerId: z.int().min(1).optional(),
    repositoryId: z.int().min(1).optional(),
    /** Qualifier that the account was bootstrapped with. */
    qualifier: z
      .string()
      .regex(/^[a-z0-9]{1,10}$/, 'a qualifier is 1 to 10 of a-z and 0-9')
      .default('hnb659fds'),
    /** Whether the account knows GitHub as an identity provider already: there can be one only. */
    provider: z.enum(['create', 'existing']).default('create'),
    /** Name of a managed policy that bounds what the roles of the pipeline can ever do; none by default. */
    permissionsBoundary: z.string().min(1).optional(),
  })
  .refine(
    ({ ownerId, repositoryId }) => (ownerId === undefined) === (repositoryId === undefined),
    'ownerId and repositoryId go together',
  );
export type PipelineConfig = z.infer<typeof PipelineConfig>;
