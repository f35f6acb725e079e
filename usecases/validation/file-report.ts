import path from 'node:path';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { countText } from '../../core/report/text.ts';
import { firstQuarantined } from './first-quarantined.ts';
import { renderValidation } from './validation-page.ts';
import type { ValidationView } from './validation-view.ts';

/** What a file was held against. */
export interface FileReportOptions {
  readonly file: string;
  readonly contract: Contract;
  readonly baseline?: Profile | undefined;
  readonly now: Date;
}

/** What was found of a file outside a home, as a page for people. */
export async function renderFileReport(
  found: ValidationView,
  { file, contract, baseline, now }: FileReportOptions,
): Promise<string> {
  const { rows, profile, summary } = found;
  return renderValidation({
    found,
    withheld: isPersonal(contract),
    profile: profile ?? undefined,
    summary: summary ?? undefined,
    baseline,
    sample: await firstQuarantined(found.quarantineFile),
    file,
    head: {
      title: `Data validation: ${path.basename(file)}`,
      subtitle: `${file}, ${now.toISOString()}`,
      footer: 'a file that was held against a contract by hand: it is no dataset version',
    },
    accepted: `${countText(rows.accepted)} rows keep the contract; ${countText(rows.quarantined)} are in quarantine with their reasons.`,
    facts: [],
  });
}
