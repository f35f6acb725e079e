import { Lazy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where the pages are, below the repository, when nothing else is said. */
const DEFAULT_URL = 'docs/runbook';

const urls = new WeakMap<IConstruct, string>();

/**
 * Says where the runbook is, for the links of all alarms and dashboards below `scope`.
 *
 * @param url - address of its folder, such as `https://example.com/trimtab/docs/runbook`
 */
export function setRunbookUrl(scope: IConstruct, url: string): void {
  urls.set(scope, url.replace(/\/+$/, ''));
}

/**
 * Address of a page of the runbook, such as `drift.md`, by the setting next above `scope`. It is read when the template
 * is written, so the setting may come later than whatever carries the link.
 */
export function runbookPage(scope: IConstruct, page: string): string {
  return Lazy.string({
    produce: () => {
      const nearest = scope.node.scopes.findLast((above) => urls.has(above));
      return `${nearest === undefined ? DEFAULT_URL : urls.get(nearest)}/${page}`;
    },
  });
}
