import * as z from 'zod';
import { describeIssues } from '../errors/describe-issues.ts';
import { ModelName } from '../model/names.ts';
import { Role } from './roles.ts';

/** Name of a credential: what logs, captures and limits know its holder by. */
export const CredentialName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
    'a name is 1 to 64 letters, digits and ._@-, the first a letter or digit',
  );

/** An entry of the file of credentials: whoever has the token with the hash, or a verified certificate with the name. */
const CredentialEntry = z
  .strictObject({
    name: CredentialName,
    roles: z.array(Role).min(1).readonly(),
    /** SHA-256 of the token. */
    hash: z
      .string()
      // What was received may be the token itself, which no message shall show.
      .regex(
        /^sha256:[0-9a-f]{64}$/,
        'is sha256: and 64 digits 0-9a-f, as `trimtab token create` prints it; received something else',
      )
      .optional(),
    /** Name in a client certificate that an authority of `--tls-client-ca` signed. */
    certificate: z
      .string()
      .regex(/^(CN=|DNS:|URI:|email:).{1,253}$/, 'a certificate is CN=, DNS:, URI: or email: and the name in it')
      .optional(),
    /** From when on it is worth nothing. @default never */
    expires: z.iso.datetime({ offset: true }).optional(),
    /** The only models that it may be used for. @default all */
    models: z.array(ModelName).min(1).readonly().optional(),
  })
  .check(({ value, issues }) => {
    if ((value.hash === undefined) === (value.certificate === undefined))
      issues.push({ code: 'custom', message: 'has one of hash and certificate', input: value });
  });
export type CredentialEntry = z.infer<typeof CredentialEntry>;

/** The file of credentials. It holds no token, only their hashes. */
export const CredentialFile = z.strictObject({ tokens: z.array(CredentialEntry) }).check(({ value, issues }) => {
  const seen = new Set<string>();
  for (const entry of value.tokens)
    for (const what of ['name', 'hash', 'certificate'] as const) {
      const text = entry[what];
      if (text === undefined) continue;
      if (seen.has(`${what} ${text}`))
        issues.push({ code: 'custom', message: `${what} ${text} is there twice`, input: value });
      seen.add(`${what} ${text}`);
    }
});
export type CredentialFile = z.infer<typeof CredentialFile>;

/** The credentials cannot be read; the message says what was received and what is allowed. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** Reads the text of a file of credentials. @throws CredentialsError */
export function parseCredentials(text: string, source: string): CredentialFile {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // The parser's message would show the text.
    throw new CredentialsError(`${source} is not JSON`);
  }
  const parsed = CredentialFile.safeParse(raw);
  if (!parsed.success)
    throw new CredentialsError(`${source}: ${describeIssues(parsed.error, { raw, schema: CredentialFile, at: [] })}`);
  return parsed.data;
}

/** Whether a credential is still worth something. @param now milliseconds since 1970 */
export const isCurrent = ({ expires }: Pick<CredentialEntry, 'expires'>, now: number): boolean =>
  expires === undefined || Date.parse(expires) > now;
