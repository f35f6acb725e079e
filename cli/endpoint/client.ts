import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { exactText } from '../../core/protocols/formats/exact-text.ts';
import { type Fetch, serviceOf } from '../../platform/aws/service.ts';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { folderOfHome, parseHomeName } from '../../platform/home-name.ts';
import type { GlobalOptions, Io } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';

/** Options of the commands that ask an endpoint. */
export interface ClientOptions {
  readonly url?: string;
  readonly unsigned?: boolean;
}

/** Adds the options of {@link ClientOptions}. */
export const withEndpointOptions = (
  command: Command,
  about = 'the endpoint (default: TRIMTAB_URL, then the local runtime of the home)',
): Command =>
  command
    .option('--url <url>', about)
    .option('--unsigned', 'send requests as they are; else those to AWS are signed with your credentials');

/** One answer, and how long it took from here. */
export interface HttpReply {
  readonly body: unknown;
  /** The body as it came. */
  readonly text: string;
  readonly headers: Headers;
  readonly milliseconds: number;
}

/** The endpoint takes no more now, and says when it is worth trying again. */
export class EndpointBusyError extends CheckFailedError {
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** Asks an endpoint over HTTP. */
export class EndpointClient {
  constructor(
    readonly url: string,
    private readonly fetch: Fetch,
  ) {}

  /** @throws CheckFailedError when it does not answer, or with an error; EndpointBusyError where that says when to come again */
  async ask(path: string, message?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpReply> {
    const from = performance.now();
    const json = { 'content-type': 'application/json', ...headers };
    const request = message === undefined ? { headers } : { method: 'POST', headers: json, body: exactText(message) };
    let response: Response;
    try {
      response = await this.fetch(`${this.url}${path}`, request);
    } catch (cause) {
      throw new CheckFailedError(`the endpoint at ${this.url} does not answer: ${reasonOf(cause)}`, { cause });
    }
    const text = await response.text();
    const milliseconds = performance.now() - from;
    if (!response.ok) {
      const failure = `the endpoint answered ${response.status}: ${errorIn(text)}`;
      const after = Number(response.headers.get('retry-after') ?? Number.NaN);
      const isBusy = response.status === 429 || response.status === 503;
      throw isBusy && after >= 0 ? new EndpointBusyError(failure, after) : new CheckFailedError(failure);
    }
    return { body: parsed(text, path), text, headers: response.headers, milliseconds };
  }
}

/**
 * The endpoint that is meant: by its address, or the local runtime of the home. Requests to AWS are signed, as is
 * everything of the home on AWS.
 *
 * @throws UsageError when there is none, or its address is not one
 */
export async function openEndpoint(io: Io, options: GlobalOptions, own: ClientOptions): Promise<EndpointClient> {
  const home = options.home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;
  const url = (own.url ?? io.env.TRIMTAB_URL ?? (await stageUrl(home))).replace(/\/+$/, '');
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new UsageError(`an endpoint is http:// or https://, received '${url}'`);
  const named = parseHomeName(home);
  const signed = !own.unsigned && (named.kind === 'aws' || serviceOf(new URL(url).hostname) !== undefined);
  if (!signed) return new EndpointClient(url, withToken(io.env.TRIMTAB_TOKEN));
  const { signedFetch } = await import('../../platform/aws/signed-fetch.ts');
  return new EndpointClient(url, signedFetch(named.kind === 'aws' ? named.profile : undefined));
}

/** Sends the token of a server that wants one: from the environment only, for lists of processes show arguments. */
function withToken(token: string | undefined): Fetch {
  if (token === undefined || token === '') return (address, request) => fetch(address, request);
  return (address, request) => {
    const headers = new Headers(request?.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(address, { ...request, headers });
  };
}

async function stageUrl(home: string): Promise<string> {
  const folder = folderOfHome(home);
  if (folder === undefined)
    throw new UsageError(
      'name the endpoint with --url or TRIMTAB_URL: the output Url of the stack Trimtab-<env>-Serving',
    );
  const marker = path.join(folder, 'local-runtime.json');
  if (!existsSync(marker))
    throw new UsageError(`no endpoint is running for ${home}: start one with \`trimtab up\`, or name one with --url`);
  return (JSON.parse(await readFile(marker, 'utf8')) as { url: string }).url;
}

/** Why a request did not arrive: fetch keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function errorIn(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    // API Gateway's own answers have a message.
    return error ?? message ?? text;
  } catch {
    return text;
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckFailedError(`the answer to ${path} is not JSON: ${text.slice(0, 100)}`, { cause });
  }
}
