import { type CopiedFrom, type CopyView, homeText } from '../../usecases/registry/copy-view.ts';
import type { VersionStanding } from '../../usecases/registry/version-standing.ts';
import { changeLines } from './changes.ts';
import { formatPercent } from './traffic.ts';
import { wrapped } from './wrapped.ts';

const LABEL = 14;

/** A version that was copied: what it is here, what belongs to it, and what its source says of it. */
export function formatCopy(view: CopyView): string {
  const { model, from, to, existed, artifacts, lineage, through } = view;
  return [
    existed
      ? `${model} ${from.version} of ${homeText(from)} is in ${homeText(to)} already, as version ${to.version}`
      : `${model} ${from.version} of ${homeText(from)} copied to ${homeText(to)}, where it is version ${to.version}`,
    ...(from.kind === 'aws' ? line('from', from.home) : []),
    ...(to.kind === 'aws' ? line('to', to.home) : []),
    ...artifacts.flatMap(({ part, bytes, existed: was, digest }) => [
      ...line(part, `${size(bytes)}, ${was ? 'was there, with the digest it has to have' : 'copied'}`),
      ...line('', `sha256 ${digest}`),
    ]),
    ...line('lineage', lineageText(lineage)),
    ...through.flatMap((each) => line('came through', placeText(each))),
    ...line('there', placeText(from)),
    ...from.decisions.flatMap(({ entry, kind, at, by, reason }) =>
      line('', `#${entry} ${minute(at)} ${kind} by ${by}: ${reason}`),
    ),
    ...line('verified', `the ledger there, ${from.head.entry} entries; head ${from.head.digest}`),
    ...line('forced', view.forced.join('; ')),
    ...changesText(view),
    ...line('here', standingText(to.standing, existed)),
  ].join('\n');
}

const line = (name: string, text: string): string[] =>
  text === '' ? [] : wrapped(text, { indent: LABEL, label: `  ${name.padEnd(LABEL - 2)}` });

const size = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

const lineageText = (lineage: CopyView['lineage']): string =>
  Object.entries(lineage)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const placeText = ({ registered: { entry, digest, at, by }, version, standing, ...home }: CopiedFrom): string =>
  `version ${version} of ${homeText(home)}, registered ${minute(at)} by ${by} (entry ${entry}, ${digest.slice(0, 12)}…); ${roleText(standing)}`;

function roleText({ is, weight, reason }: VersionStanding): string {
  if (is === 'champion' || is === 'challenger') return `${is}, ${formatPercent(weight)} of the traffic`;
  return reason === null ? is : `${is}: ${reason}`;
}

function standingText(standing: VersionStanding, existed: boolean): string {
  if (existed) return roleText(standing);
  return 'registered; nobody has approved it here, whatever was decided there';
}

function changesText({ changes }: CopyView): string[] {
  if (changes === null) return [];
  return [
    `  changed     from version ${changes.version} here:`,
    ...changeLines(changes.changes).map((text) => `${' '.repeat(LABEL)}${text}`),
  ];
}
