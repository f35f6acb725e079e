import * as z from 'zod';
import { CredentialName } from '../../core/access/credentials.ts';
import { Role } from '../../core/access/roles.ts';
import { Instant, ModelName } from '../../core/model/names.ts';

const credential = {
  name: CredentialName.describe('By which logs, limits and captures know its holder.'),
  roles: z.array(Role).readonly().describe('What its holder may do.'),
  models: z.array(ModelName).readonly().nullable().describe('The only models that it is for; null: all.'),
  expiresAt: Instant.nullable().describe('From when on it is worth nothing; null: never.'),
};

/** A credential that was made. */
export const TokenCreatedView = z.strictObject({
  ...credential,
  token: z.string().nullable().describe('The token: it is kept nowhere. Null for a certificate.'),
  entry: z
    .record(z.string(), z.unknown())
    .describe('The entry for the file of credentials (`--tokens` of the server).'),
  file: z.string().nullable().describe('File that the entry was added to; null: none was named.'),
});
export type TokenCreatedView = z.infer<typeof TokenCreatedView>;

/** The credentials of a file. */
export const TokensView = z.strictObject({
  file: z.string().describe('The file of credentials.'),
  tokens: z
    .array(
      z.strictObject({
        ...credential,
        certificate: z.string().nullable().describe('Name in a client certificate; null: a token.'),
        expired: z.boolean().describe('Whether it is worth nothing any more.'),
      }),
    )
    .describe('In the order of the file.'),
});
export type TokensView = z.infer<typeof TokensView>;
