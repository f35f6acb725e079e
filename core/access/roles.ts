import * as z from 'zod';

/**
 * What a caller of the endpoint may do: `read` what is shown of models, versions and releases, ask for predictions
 * (`predict`) or explanations (`explain`), send ground truth and outcomes (`truth`), change what is in memory
 * (`operate`), and read `/metrics` (`metrics`).
 */
export const ROLES = ['read', 'predict', 'explain', 'truth', 'operate', 'metrics'] as const;

export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** What a route needs: a role, or nothing (`open`) because it says no more than whether the server is alive or ready. */
export type RouteRole = Role | 'open';
