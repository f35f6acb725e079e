import { Lazy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Default folder of the pages, relative to the repository. */
const DEFAULT_URL = 'docs/runbook';

const urls = new WeakMap<IConstruct, string>();

/**
 * Sets the address of the runbook for the links of all alarms and dashboards below `scope`.
 *
 * @param url - address of the folder of its pages
 *
 * @example
 * ```ts
 * import { setRunbookUrl } from 'trimtab';
 *
 * setRunbookUrl(stack, 'https://example.com/trimtab/docs/runbook');
 * ```
 */
export function setRunbookUrl(scope: IConstruct, url: string): void {
  urls.set(scope, url.replace(/\/+$/, ''));
}

/**
 * Address of a page of the runbook, such as `drift.md`, by the nearest `setRunbookUrl` above `scope`. It is resolved when
 * the template is written, so `setRunbookUrl` may be called after the construct with the link was created.
 */
export function runbookPage(scope: IConstruct, page: string): string {
  return Lazy.string({
    produce: () => {
      const nearest = scope.node.scopes.findLast((above) => urls.has(above));
      return `${nearest === undefined ? DEFAULT_URL : urls.get(nearest)}/${page}`;
    },
  });
}
