import type { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { reportsOfFile } from '../validation/find-reports.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import type { QuarantinedRow } from '../validation/validation-view.ts';
import { openQuarantine } from './open-quarantine.ts';
import { countStates } from './row-states.ts';
import { type RowsView, reasonOfView } from './rows-view.ts';
import { withWorkFolder } from './work-folder.ts';

export interface ShowOptions {
  /** Id of the drop, or the key of its file. */
  readonly drop: string;
  /** Only rows that break a rule of this name, or whatever rule of the feature of this name. */
  readonly rule?: string | undefined;
  readonly lines?: LineRanges | undefined;
  readonly limit: number;
}

/**
 * Quarantined rows of a drop, with everything that is wrong with each.
 *
 * @throws UnknownDropError
 * @throws RowsRefusedError when it has none
 */
export function showRows(home: Home, { drop, rule, lines, limit }: ShowOptions): Promise<RowsView> {
  return withWorkFolder(async (work) => {
    const { report, file, returns, states } = await openQuarantine(home, drop, work);
    const rows: RowsView['rows'] = [];
    let matching = 0;
    let quarantined = 0;
    for await (const row of readQuarantinedRows(file)) {
      quarantined++;
      if (!breaks(row, rule) || lines?.has(row.line) === false) continue;
      matching++;
      if (rows.length === limit) continue;
      rows.push({
        line: row.line,
        lines: row.lines ?? 1,
        state: states.of(row.line),
        version: states.returnOf(row.line)?.manifest.version ?? null,
        reasons: row.reasons.map(reasonOfView),
        raw: row.raw ?? null,
        cut: row.cut ?? false,
      });
    }
    const last = (await reportsOfFile(home, report.dataset, report.drop)).at(-1)?.drop ?? report.drop;
    return {
      dataset: report.dataset,
      drop: report.drop,
      key: report.source.key,
      contract: report.contract,
      judgedAgainAs: last === report.drop ? null : last,
      mends: report.mends,
      states: countStates(quarantined, returns),
      rows,
      matching,
    };
  });
}

const breaks = ({ reasons }: QuarantinedRow, rule: string | undefined): boolean =>
  rule === undefined || reasons.some((reason) => reason.rule === rule || reason.feature === rule);
