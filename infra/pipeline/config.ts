import * as z from 'zod';
import { EnvironmentName } from '../../core/model/names.ts';

/** The repository of the pipeline, and properties of its roles in an account. */
export const PipelineConfig = z
  .strictObject({
    /** The repository on GitHub, `owner/name`. */
    repository: z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'a repository is owner/name'),
    /**
     * Numeric ids of owner and repository. Repositories created since 2026-07-15 have them in the subject of their tokens,
     * so that whoever registers an abandoned name is not trusted. Without them, only the names are compared.
     */
    ownerId: z.int().min(1).optional(),
    repositoryId: z.int().min(1).optional(),
    /** Qualifier that the account was bootstrapped with. */
    qualifier: z
      .string()
      .regex(/^[a-z0-9]{1,10}$/, 'a qualifier is 1 to 10 of a-z and 0-9')
      .default('hnb659fds'),
    /** Whether the account already has GitHub as an identity provider, of which there can be one only. */
    provider: z.enum(['create', 'existing']).default('create'),
    /** Name of a managed policy that is the permissions boundary of the pipeline's roles; none by default. */
    permissionsBoundary: z.string().min(1).optional(),
    /** Environments on GitHub whose jobs may read versions of models here, to copy them from here; none by default. */
    copiedBy: z.array(EnvironmentName).min(1).optional(),
  })
  .refine(
    ({ ownerId, repositoryId }) => (ownerId === undefined) === (repositoryId === undefined),
    'ownerId and repositoryId go together',
  );
export type PipelineConfig = z.infer<typeof PipelineConfig>;
