import type { CredentialEntry } from './credentials.ts';
import { ROLES, type Role } from './roles.ts';

/** Who has authenticated, and what they may do. */
export interface Identity {
  /** Name of the credential. */
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
  /** The only models that may be asked; undefined: all. */
  readonly models?: readonly string[] | undefined;
}

export const identityOf = ({ name, roles, models }: CredentialEntry): Identity => ({
  name,
  roles: new Set(roles),
  models,
});

/** Whoever may do everything, by a certificate where no file says what certificates may do. */
export const unlimited = (name: string): Identity => ({ name, roles: new Set(ROLES) });
