import type { Command as Program } from 'commander';
import { type CredentialEntry, isCurrent, parseCredentials } from '../../core/access/credentials.ts';
import { ROLES } from '../../core/access/roles.ts';
import { addCredential, newToken } from '../../server/access/credential-file.ts';
import { readCredentials } from '../../server/access/credential-store.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { UsageError } from '../errors.ts';
import { table } from '../output/table.ts';
import type { TokenCreatedView, TokensView } from '../tokens/token-view.ts';

interface CreateOptions {
  readonly name: string;
  readonly role: readonly string[];
  readonly models?: readonly string[];
  readonly expires?: string;
  readonly certificate?: string;
  readonly file?: string;
}

const several = (value: string, before: readonly string[] = []): string[] => [...before, ...value.split(',')];

/** Makes credentials for the server, and lists them. */
export function addToken(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program.command('token').description('credentials of callers of the server (`serve --tokens FILE`)');
  command
    .command('create')
    .description('make a token, which is shown once, and the entry of it for the file of credentials')
    .requiredOption('--name <name>', 'by which logs and captures know its holder')
    .requiredOption('--role <roles>', `what it is for: ${ROLES.join(', ')}; several comma-separated`, several)
    .option('--models <names>', 'the only models that it is for, comma-separated; all by default', several)
    .option('--expires <instant>', 'from when on it is worth nothing, such as 2027-01-31T00:00:00Z; never by default')
    .option('--certificate <name>', 'CN=, DNS:, URI: or email: of a client certificate, instead of a token')
    .option('--file <file>', 'file of credentials that the entry is added to; made where there is none')
    .action(async (own: CreateOptions) => {
      print(io, options(), await create(own), formatCreated);
    });
  command
    .command('list <file>')
    .description('the credentials of a file')
    .action(async (file: string) => {
      print(io, options(), await list(file), formatList);
    });
}

async function create(own: CreateOptions): Promise<TokenCreatedView> {
  const { name, role, models, expires, certificate, file } = own;
  const made = certificate === undefined ? newToken() : undefined;
  const entry = entryOf({
    name,
    roles: role,
    ...(made === undefined ? { certificate } : { hash: made.hash }),
    ...(expires === undefined ? {} : { expires }),
    ...(models === undefined ? {} : { models }),
  });
  if (!isCurrent(entry, Date.now())) throw new UsageError(`--expires is '${expires}', which is over`);
  if (file !== undefined) await addCredential(file, entry);
  return { ...described(entry), token: made?.token ?? null, entry: { ...entry }, file: file ?? null };
}

/** @throws CredentialsError when it is not one */
const entryOf = (raw: object): CredentialEntry =>
  parseCredentials(JSON.stringify({ tokens: [raw] }), 'the entry').tokens[0]!;

async function list(file: string): Promise<TokensView> {
  const now = Date.now();
  const { tokens } = await readCredentials(file);
  return {
    file,
    tokens: tokens.map((entry) => ({
      ...described(entry),
      certificate: entry.certificate ?? null,
      expired: !isCurrent(entry, now),
    })),
  };
}

const described = ({ name, roles, models, expires }: CredentialEntry) => ({
  name,
  roles,
  models: models ?? null,
  expiresAt: expires === undefined ? null : new Date(expires).toISOString(),
});

const formatCreated = ({ token, entry, file, name }: TokenCreatedView): string =>
  [
    ...(token === null ? [] : [token, '', 'This is the only time that the token is shown: it is kept nowhere.']),
    file === null
      ? `The entry for the file of credentials, in its list "tokens":\n${JSON.stringify(entry, null, 2)}`
      : `${name} was added to ${file}; servers that read it know it within a second or two.`,
  ].join('\n');

const formatList = ({ tokens }: TokensView): string =>
  table(
    ['name', 'roles', 'models', 'expires', 'by'],
    tokens.map(({ name, roles, models, expiresAt, expired, certificate }) => [
      name,
      roles.join(' '),
      models?.join(' ') ?? 'all',
      `${expiresAt ?? 'never'}${expired ? ' (expired)' : ''}`,
      certificate ?? 'token',
    ]),
  );
