import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { fileViolation, receivedSql, ruleNamed, ruleOfCode } from '../../core/contract/sql.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import { TYPED_ROWS } from './exact-columns.ts';
import { pickLines } from './lines.ts';
import type { Loaded } from './load-file.ts';
import type { PersonalSql } from './personal-columns.ts';
import type { QuarantinedRow } from './validation-view.ts';

/** Rows that are read from the table at a time while quarantining. */
const PAGE = 10_000;

/** What the quarantined rows are written from. */
export interface QuarantineOptions {
  readonly duck: Duck;
  readonly file: string;
  readonly contract: Contract;
  readonly loaded: Loaded;
  readonly personal: PersonalSql;
  /** File that they go to. */
  readonly target: string;
}

/** Writes every quarantined row with its reasons, in the order of the file. @returns the file */
export async function quarantineRows({
  duck,
  file,
  contract,
  loaded,
  personal: { subject },
  target,
}: QuarantineOptions): Promise<string> {
  const out = createWriteStream(target);
  const personal = isPersonal(contract);
  const text = loaded.format !== 'parquet' && !personal;
  const write = async (row: QuarantinedRow): Promise<void> => {
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
  };
  for (const { line, raw, reason, column } of loaded.unreadable)
    await write({
      line,
      ...(personal || raw === undefined ? {} : { raw: raw.slice(0, 10_000) }),
      reasons: [joinReasons(unreadableReason(contract, reason, column), personal)],
    });
  const names = contract.features.map((feature, i) => `${receivedSql(feature, 'r')} AS v${i}, b.c${i}`);
  if (subject !== undefined) names.push(`${subject} AS subject`);
  for (let offset = 0; ; offset += PAGE) {
    const page = await duck.rows(
      `SELECT b.id, b.cdup${names.length > 0 ? `, ${names.join(', ')}` : ''} FROM (SELECT * FROM bad ORDER BY id LIMIT ${PAGE} OFFSET ${offset}) b JOIN ${TYPED_ROWS} r ON r.rowid = b.id ORDER BY b.id`,
    );
    if (page.length === 0) break;
    const lines = page.map(({ id }) => loaded.lineOf(Number(id)));
    const raw = text ? await pickLines(file, new Set(lines)) : new Map<number, string>();
    for (const [i, row] of page.entries()) {
      const reasons = contract.features.flatMap((feature, f) => {
        const code = Number(row[`c${f}`] ?? 0);
        if (code === 0) return [];
        return [joinReasons(fileViolation(feature, ruleOfCode(feature, code), row[`v${f}`]), personal)];
      });
      if (Number(row.cdup) === 1)
        reasons.push({ feature: contract.file.unique.join(' + '), rule: 'duplicate', allowed: 'each key once' });
      const line = lines[i]!;
      const about = row.subject as string | null | undefined;
      await write({
        line,
        ...(raw.has(line) ? { raw: raw.get(line)! } : {}),
        ...(about == null ? {} : { subject: about }),
        reasons,
      });
    }
  }
  out.end();
  await finished(out);
  return target;
}

/** Why a line that could not be read is quarantined. @param reason what is expected of it */
export function unreadableReason(
  contract: Contract,
  reason: string,
  column: string | undefined,
): QuarantinedRow['reasons'][number] {
  const feature = contract.features.find(({ name }) => name === column);
  if (!feature) return { feature: '(line)', rule: 'unreadable', allowed: reason };
  return fileViolation(feature, ruleNamed(feature, 'type'), reason);
}

/** A reason without its value, where a value that slipped into the wrong column may be a personal one. */
function joinReasons(
  { received, ...reason }: QuarantinedRow['reasons'][number],
  personal: boolean,
): QuarantinedRow['reasons'][number] {
  return personal || received === undefined ? reason : { ...reason, received };
}
