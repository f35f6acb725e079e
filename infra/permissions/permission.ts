/** A permission: actions on resources, and the reason. */
export interface Permission {
  /** Actions as IAM knows them; never a wildcard. */
  readonly may: readonly string[];
  /** Resources by name (infra/permissions/names.ts), with the prefix of the keys where one is meant. */
  readonly on: readonly string[];
  /** Conditions of the permission: `key = value`. @default none */
  readonly when?: readonly string[];
  readonly why: string;
}

/** A role that the app creates, with all its permissions. */
export interface RolePermissions {
  /** Name of the role in docs/permissions.md. */
  readonly name: string;
  /** Stack, and path of the construct. */
  readonly role: string;
  /** The service that assumes it, and the conditions. */
  readonly assumedBy: string;
  readonly permissions: readonly Permission[];
  /** Managed policies of AWS, with the reasons. @default none */
  readonly managed?: readonly { readonly policy: string; readonly why: string }[];
}
