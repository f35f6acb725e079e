import type { Entry } from '../../core/registry/ledger.ts';
import type {
  DropTrace,
  EntryTrace,
  PredictionTrace,
  Service,
  TraceView,
  VersionSummary,
  VersionTrace,
} from '../../usecases/audit/trace-view.ts';
import type { PlaceOf } from '../files.ts';
import { formatPercent, trafficText } from './traffic.ts';

/** A picture of a trace: what came first stands first. */
export function formatTrace(trace: TraceView, place: PlaceOf = (key) => key): string {
  switch (trace.of) {
    case 'prediction':
      return prediction(trace);
    case 'entry':
      return entry(trace);
    case 'version':
      return version(trace);
    case 'drop':
      return drop(trace, place);
  }
}

/** Rows of a batch that are shown. */
const MAX_ROWS = 10;

function prediction({ id, model, answers, release, version: v, history, truth }: PredictionTrace): string {
  return lines(
    `prediction ${id} of ${model}`,
    ...versionLines(v),
    ...history.map((each) => `│   #${each.entry} ${each.kind}, ${time(each.at)}, by ${each.by}`),
    release
      ? `├─ release in force: #${release.entry} ${release.kind}, ${time(release.at)}, by ${release.by}: ${release.reason}`
      : '├─ release in force: none that the ledger knows',
    ...(release?.part ? [`│   version ${v.version} was the ${release.part.role}${share(release.part)}`] : []),
    ...answers.flatMap((answer) => [
      `├─ ${outcome(answer)} version ${answer.version} (${answer.variant}), ${time(answer.at)}`,
      ...answer.rows.slice(0, MAX_ROWS).flatMap((row) => [
        `│   ${row.id}: score ${row.score ?? 'none'}${row.positive === null ? '' : `, ${row.positive ? 'positive' : 'negative'}`}${row.subject ? `, about ${row.subject}` : ''}`,
        `│     ${Object.entries(row.features)
          .map(([name, value]) => `${name} ${value === null ? 'missing' : String(value)}`)
          .join(', ')}`,
      ]),
      ...(answer.rows.length > MAX_ROWS ? [`│   … ${answer.rows.length} rows`] : []),
      `│   ${violations(answer)}; captured in ${answer.object}`,
    ]),
    ...(truth.length === 0
      ? ['└─ truth: none yet']
      : truth.map((each, i) => `${i === truth.length - 1 ? '└─' : '├─'} ${truthLine(each)}`)),
  );
}

type Answer = PredictionTrace['answers'][number];

/** How a request ended, by the words that metrics have for it. */
function outcome({ variant, failed }: Answer): string {
  if (failed !== null) return `not answered (${failed}) by`;
  return variant === 'shadow' ? 'mirrored to' : 'answered by';
}

function violations({ findings }: Answer): string {
  if (findings.length === 0) return 'the contract was kept';
  const all = findings.map(({ feature, rule, count }) => `${feature} ${rule}${count === 1 ? '' : ` ${count} times`}`);
  return `the contract was broken: ${all.join(', ')}`;
}

function truthLine({ id, truth, state, wrong, reason, object }: PredictionTrace['truth'][number]): string {
  const given = truth === null ? 'not kept' : JSON.stringify(truth);
  const decision = wrong !== null ? `, the decision was ${wrong ? 'wrong' : 'right'}` : '';
  return `truth of ${id}: ${given}, ${state}${decision}${reason ? `: ${reason}` : ''} (${object})`;
}

function entry({ model, entry: e, before, after, version: v }: EntryTrace): string {
  return lines(
    `entry #${e.number} of ${model}: ${e.kind}`,
    ...(before
      ? [`├─ before it, #${before.number} ${before.kind}: ${trafficText(before.state, 'had')}`]
      : ['├─ the first of all']),
    ...(v ? versionLines(v) : []),
    ...(e.cause ? [`├─ because of the alarm ${e.cause.alarm}, ${time(e.cause.at)}`] : []),
    `├─ ${time(e.at)}, by ${e.actor}: ${e.reason}`,
    ...(e.evidence === undefined ? [] : [`│   evidence ${JSON.stringify(e.evidence)}`]),
    `├─ after it: ${trafficText(e.state, 'had')}`,
    ...(after.length === 0
      ? ['└─ nothing more has happened to that version']
      : after.map((each, i) => `${i === after.length - 1 ? '└─' : '├─'} ${step(each)}`)),
  );
}

function version({ model, version: v, entries, service }: VersionTrace): string {
  return lines(
    `version ${v.version} of ${model}`,
    ...versionLines(v),
    ...entries.map((each) => `├─ ${step(each)}`),
    ...(service.length === 0
      ? ['└─ it has never had traffic']
      : service.map(
          (each, i) =>
            `${i === service.length - 1 ? '└─' : '├─'} ${each.role}${share(each)}, ${time(each.from)} to ${each.to === null ? 'now' : time(each.to)} (#${each.entries[0]}${each.entries[1] === null ? '' : ` to #${each.entries[1]}`})`,
        )),
  );
}

function drop({ dataset, drop: id, report, manifest, verdicts, returns, models }: DropTrace, place: PlaceOf): string {
  const { source, rows, places, contract, by, mends } = report;
  return lines(
    `drop ${id} of dataset ${dataset}`,
    `├─ from ${source.key}, ${source.bytes} bytes, sha256 ${source.sha256}, write ${source.versionId}`,
    `├─ judged ${time(report.at)}${by === null ? '' : `, for ${by}`}: ${report.verdict}${report.rejection ? `, ${report.rejection.reason}` : ''}`,
    contract === null ? '│   there was no contract' : `│   held to ${contract.source} (${contract.digest})`,
    ...(mends === null ? [] : [`│   it mends rows of drop ${mends}`]),
    `│   ${rows.records} records = ${rows.accepted} accepted + ${rows.quarantined} quarantined`,
    ...(manifest
      ? [
          `├─ dataset version ${manifest.version}: ${manifest.rows} rows, held to ${manifest.contract.source} (${manifest.contract.digest})`,
          ...(manifest.erasures ?? []).map((each) => `│   ${each.rows} rows erased, ${time(each.at)}`),
        ]
      : []),
    ...returns.map(returned),
    ...verdicts
      .filter((each) => each.drop !== id)
      .map(
        (each) =>
          `├─ also judged ${time(each.at)} as ${each.drop}, held to ${each.contract?.source ?? 'no contract'}: ${each.verdict}${each.version === null ? '' : `, dataset version ${each.version}`}`,
      ),
    ...(places.quarantine ? [`├─ quarantine ${place(places.quarantine)}`] : []),
    `├─ report ${place(places.report)}`,
    models.length === 0
      ? '└─ no model version names it in its lineage'
      : `└─ trained on it: ${models.map((each) => `${each.model} ${each.version}`).join(', ')}`,
  );
}

function returned({ as, rows, lines: which, at, by, reason, version: v }: DropTrace['returns'][number]): string {
  const done = as === 'accepted' ? 'accepted as they are' : 'put back';
  return `├─ ${rows} quarantined rows ${done}, ${time(at)}, by ${by}: dataset version ${v}, lines ${which}${reason === null ? '' : `; ${reason}`}`;
}

function versionLines(summary: VersionSummary): string[] {
  const { version: v, digest, contract, lineage, registeredAt, registeredBy, replayProblem } = summary;
  const from = Object.entries(lineage).map(([name, value]) => `${name} ${value}`);
  return [
    `├─ version ${v}: sha256 ${digest}`,
    `│   registered ${time(registeredAt)}, by ${registeredBy}; contract ${contract}`,
    ...(from.length > 0 ? [`│   made from ${from.join(', ')}`] : []),
    ...(replayProblem === null ? [] : [`│   cannot be replayed: ${replayProblem}`]),
  ];
}

const step = ({ number, kind, at, actor, reason }: Entry): string =>
  `#${number} ${kind}, ${time(at)}, by ${actor}: ${reason}`;
const share = ({ role, weight }: Pick<Service, 'role' | 'weight'>): string =>
  role === 'shadow' ? '' : ` with ${formatPercent(weight)} of the traffic`;
const time = (at: string): string => at.slice(0, 19).replace('T', ' ');
const lines = (...all: string[]): string => all.join('\n');
