import type { Command as Program } from 'commander';
import { type Anchor, anchorLine, anchorOf, parseAnchor } from '../../core/registry/anchor.ts';
import { digestOf } from '../../platform/digest.ts';
import type { AnchorView, HistoryAtView, HistoryView, VerificationView } from '../../usecases/registry/history-view.ts';
import { readEntryAt } from '../../usecases/registry/read-history.ts';
import type { Registry } from '../../usecases/registry/registry.ts';
import { parseCount, parseReason, parseTime } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { formatRelease } from '../output/release.ts';
import { table } from '../output/table.ts';
import { numbersText, UNANCHORED_REMEDY } from '../output/unanchored.ts';

/** Entries that are shown of a long ledger. */
const PAGE = 50;

interface HistoryOptions {
  readonly last: number;
  readonly before?: number;
  readonly all?: true;
  readonly at?: string;
  readonly verify?: true;
  readonly anchor?: string | true;
  readonly vouch?: true;
  readonly reason?: string;
}

/** Shows the ledger of a model, as it is or as it was, and verifies it. */
export function addHistory(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('history <model>')
    .description('everything that ever happened to a model')
    .option('--last <count>', 'how many entries, the last ones', parseCount, PAGE)
    .option('--before <number>', 'end before the entry of this number', parseCount)
    .option('--all', 'every entry')
    .option('--at <time>', 'what was true at a time, ISO 8601')
    .option('--verify', 'look whether everything is as it was written')
    .option(
      '--anchor [anchor]',
      'print what the ledger is now, to be kept elsewhere; with --verify: hold it against that',
    )
    .option('--vouch', 'say that entries without a seal are what was written, after a look; wants a --reason')
    .option('--reason <text>', 'why, with --vouch', parseReason)
    .action((model: string, own: HistoryOptions) =>
      withHome(io, options(), async ({ ledger }, registry) => {
        if (own.vouch || own.reason !== undefined) {
          if (!own.vouch || own.reason === undefined) throw new UsageError('--vouch and --reason go with each other');
          if (own.verify || own.anchor !== undefined) throw new UsageError('--vouch goes with --reason alone');
          if ((await registry.vouch(model, own.reason)) === undefined)
            throw new CheckFailedError(`no entry of ${model} has to be vouched for: see --verify`);
          return verify(registry, model, undefined);
        }
        if (own.verify) return verify(registry, model, anchorFor(model, own.anchor));
        if (own.anchor !== undefined) {
          if (own.anchor !== true)
            throw new UsageError(`--anchor ${own.anchor} goes with --verify; without a value it prints one`);
          return print(io, options(), await currentAnchor(registry, model), formatAnchor);
        }
        const at = own.at === undefined ? undefined : parseTime(own.at).toISOString();
        if (at === undefined) {
          const limit = own.all ? Number.MAX_SAFE_INTEGER : own.last;
          const page: HistoryView = { model, ...(await registry.lastEntries(model, { limit, before: own.before })) };
          return print(io, options(), page, formatHistory);
        }
        const entry = await readEntryAt(ledger, model, at);
        if (!entry) {
          const [first] = (await registry.lastEntries(model, { limit: 1, before: 2 })).entries;
          throw new CheckFailedError(`nothing had happened to ${model} at ${at}; its first entry is of ${first?.at}`);
        }
        const then: HistoryAtView = { model, at, entry };
        print(io, options(), then, formatHistoryAt);
      }),
    );

  const verify = async (registry: Registry, model: string, anchor: Anchor | undefined): Promise<void> => {
    const report: VerificationView = { model, ...(await registry.verify(model, anchor)) };
    print(io, options(), report, formatVerification);
    const { length } = report.faults;
    if (length > 0)
      throw new CheckFailedError(
        `the ledger of ${model} is not as it was written: ${length} ${length === 1 ? 'fault' : 'faults'}`,
      );
  };
}

/** @throws UsageError when it is none, or another model's */
function anchorFor(model: string, line: string | true | undefined): Anchor | undefined {
  if (line === undefined) return undefined;
  const anchor = line === true ? undefined : parseAnchor(line);
  if (anchor === undefined)
    throw new UsageError(
      `an anchor is MODEL:ENTRY:DIGEST, as \`trimtab history ${model} --anchor\` prints it, received ${line === true ? 'none' : line}`,
    );
  if (anchor.model !== model) throw new UsageError(`the anchor is of ${anchor.model}, not of ${model}`);
  return anchor;
}

async function currentAnchor(registry: Registry, model: string): Promise<AnchorView> {
  const last = (await registry.lastEntries(model, { limit: 1 })).entries[0]!;
  const anchor = anchorOf(last, digestOf);
  return { ...anchor, anchor: anchorLine(anchor) };
}

function formatHistory({ entries, earlier }: HistoryView): string {
  const shown = formatEntries(entries);
  const [first] = entries;
  if (earlier === 0 || first === undefined) return shown;
  return `${shown}\n${earlier} earlier: --before ${first.number}, or --all`;
}

const formatEntries = (entries: HistoryView['entries']): string =>
  table(
    ['#', 'at', 'what', 'version', 'champion', 'by', 'why'],
    entries.map((e) => [
      e.number,
      e.at.slice(0, 19).replace('T', ' '),
      e.kind,
      e.version,
      e.state.champion,
      e.actor,
      e.reason,
    ]),
  );

const formatHistoryAt = ({ model, at, entry }: HistoryAtView): string =>
  `at ${at}, after #${entry.number} (${entry.kind}):\n${formatRelease(model, entry.state)}`;

const formatAnchor = ({ anchor }: AnchorView): string => anchor;

function formatVerification(view: VerificationView): string {
  const { model, entries, head, faults, anchored, unanchored, strays, ...seals } = view;
  const beside = [
    ...(unanchored.length === 0 ? [] : [`without an anchor: ${numbersText(unanchored)}; ${UNANCHORED_REMEDY}`]),
    ...strays.map((stray) => `beside the entries: ${stray}`),
  ];
  if (faults.length > 0)
    return [
      table(
        ['#', 'what is wrong'],
        faults.map(({ entry, fault }) => [entry, fault]),
      ),
      ...(seals.vouched === null ? [] : [formatSeals(seals, entries)]),
      ...beside,
    ].join('\n');
  return [
    `${model}  ${entries} entries are as they were written; head ${head}`,
    `${formatSeals(seals, entries)}; ${anchored} held against anchors`,
    ...beside,
  ].join('\n');
}

function formatSeals(
  { sealedFrom: from, vouched }: Pick<VerificationView, 'sealedFrom' | 'vouched'>,
  entries: number,
): string {
  if (from === null) return 'unsealed: there is no key';
  if (from === 1) return 'sealed with the key of the home';
  const unsealed =
    from > entries ? 'unsealed: all are older than the key' : `unsealed before entry ${from}, sealed from there`;
  if (vouched === null) return unsealed;
  return `${unsealed}; ${vouched.by} vouched for those before on ${vouched.at}: ${vouched.reason}`;
}
