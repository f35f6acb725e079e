import { ACCESS_ROUTES } from '../../core/access/routes.ts';

/** ARN of a web ACL that CloudFront takes. */
export const WEB_ACL = /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]+\/[\w-]+$/;

const BASE_PATH = /^[A-Za-z0-9_-]{1,64}$/;

/** First segments of the endpoint's own paths. */
const OWN = [
  ...new Set(ACCESS_ROUTES.flatMap(({ path }) => path.split('/')[1]?.replace(/^\{.*/, '') || []).sort()),
] as readonly string[];

/** What is wrong with the path under a domain that an endpoint is at; undefined when nothing is. */
export function basePathProblem(basePath: string): string | undefined {
  if (!BASE_PATH.test(basePath)) return `a base path is 1 to 64 of a-z, A-Z, 0-9, _ and -, received '${basePath}'`;
  return OWN.includes(basePath)
    ? `a base path is none of what paths of the endpoint begin with (${OWN.join(', ')}), received '${basePath}'`
    : undefined;
}
