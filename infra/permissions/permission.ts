/** Actions on resources, and why they are needed. */
export interface Permission {
  /** Actions as IAM knows them; never a wildcard. */
  readonly may: readonly string[];
  /** Resources by name (infra/permissions/names.ts), with the prefix of the keys where one is meant. */
  readonly on: readonly string[];
  /** Conditions of the permission: `key = value`. @default none */
  readonly when?: readonly string[];
  readonly why: string;
}

/** A role that the app creates, and everything it may do. */
export interface RolePermissions {
  /** What people call it. */
  readonly name: string;
  /** Where the role is: stack, and path of the constructs. */
  readonly role: string;
  /** The service that takes it on, and on what condition. */
  readonly assumedBy: string;
  readonly permissions: readonly Permission[];
  /** Policies of AWS's own, with the reason. @default none */
  readonly managed?: readonly { readonly policy: string; readonly why: string }[];
}
