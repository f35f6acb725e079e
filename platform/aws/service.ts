/** What is asked of a fetch; the body is text or bytes, for a signature covers it. */
export interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export type Fetch = (url: string, request?: Request) => Promise<Response>;

/** The service and region that a host of AWS belongs to; undefined for any other host. */
export function serviceOf(host: string): { service: 'execute-api' | 'lambda'; region: string } | undefined {
  const api = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(host);
  if (api) return { service: 'execute-api', region: api[1]! };
  const url = /\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(host);
  return url ? { service: 'lambda', region: url[1]! } : undefined;
}
