import type { Command } from '../../core/registry/commands.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';

/** An entry is read again and again, and a ledger's item is limited: what is beyond this is kept beside it. */
const MAX_EVIDENCE_BYTES = 32 * 1024;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/**
 * The command with evidence of at most 32 kB: what is more is kept whole in the data store, by its content, and the
 * evidence names the object and has of every list what comes first.
 */
export async function withBoundedEvidence(
  { data }: Pick<Home, 'data'>,
  model: string,
  command: Command,
): Promise<Command> {
  if (!('evidence' in command) || bytesOf(command.evidence) <= MAX_EVIDENCE_BYTES) return command;
  const body = JSON.stringify(command.evidence);
  const digest = digestOf(body);
  const key = `judge/${model}/evidence/${digest}.json`;
  await data.put(key, body, { contentType: 'application/json' });
  const whole = { key, digest, bytes: Buffer.byteLength(body) };
  return { ...command, evidence: { ...shortened(command.evidence, MAX_EVIDENCE_BYTES - bytesOf({ whole })), whole } };
}

/** Members of an object in their order, lists cut short, while they fit. */
function shortened(evidence: unknown, bytes: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  if (typeof evidence !== 'object' || evidence === null) return kept;
  for (const [name, value] of Object.entries(evidence)) {
    const fits = (candidate: unknown): boolean => bytesOf({ ...kept, [name]: candidate }) <= bytes;
    if (fits(value)) kept[name] = value;
    else if (Array.isArray(value)) kept[name] = longest(value, fits);
  }
  return kept;
}

/** As many of a list's first items as fit. */
function longest(items: readonly unknown[], fits: (items: readonly unknown[]) => boolean): readonly unknown[] {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(items.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return items.slice(0, low);
}
