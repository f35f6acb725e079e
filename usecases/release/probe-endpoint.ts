import type { EndpointProbe, ProbeReport, ServingReport } from '../../platform/ports.ts';
import { settledWithin } from '../../platform/with-timeout.ts';

/** How often an endpoint is asked: it may be many processes, of which each request reaches one. */
const PROBES = 10;
/** How long the slowest may take. */
const MAX_WAIT_MS = 10_000;
/** Names of processes in a sentence, at most. */
const MAX_NAMED = 3;

/** What one of the processes behind an endpoint serves. */
export interface ProbedEnvironment extends ServingReport {
  /** Name of the execution environment: of a function's, or of a server's process. */
  readonly instance: string;
  /** How many of the probes it answered so. */
  readonly answers: number;
}

/** What probes made known of an endpoint. Nothing is known of processes that answered none of them. */
export interface ProbedEndpoint {
  readonly probes: number;
  readonly answered: number;
  readonly environments: readonly ProbedEnvironment[];
}

/**
 * Asks an endpoint ten times what it serves, nine of them at once, so that they reach as many of its processes as there
 * are. When the first answer is not the expected one, it is not asked again.
 */
export async function probeEndpoint(
  probe: EndpointProbe,
  model: string,
  isExpected: (report: ServingReport) => boolean,
): Promise<ProbedEndpoint> {
  const reports: ProbeReport[] = [];
  const ask = async (): Promise<void> => {
    try {
      reports.push(await probe.report(model));
    } catch {
      // An endpoint that does not answer has not been seen.
    }
  };
  await settledWithin(MAX_WAIT_MS, ask());
  const [first] = reports;
  if (first === undefined || !isExpected(first)) return summarize(reports, 1);
  await settledWithin(MAX_WAIT_MS, Promise.all(Array.from({ length: PROBES - 1 }, ask)));
  return summarize([...reports], PROBES);
}

function summarize(reports: readonly ProbeReport[], probes: number): ProbedEndpoint {
  const found = new Map<string, ProbedEnvironment>();
  for (const { instance = 'unnamed', revision, champion, challengers } of reports) {
    const served = { revision, champion, challengers };
    const key = `${instance} ${JSON.stringify(served)}`;
    found.set(key, { instance, ...served, answers: (found.get(key)?.answers ?? 0) + 1 });
  }
  const environments = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  return { probes, answered: reports.length, environments };
}

/** Who answered, such as `3 execution environments answered 10 probes (a, b, c)`. */
export function formatProbed({ probes, answered, environments }: ProbedEndpoint): string {
  const names = [...new Set(environments.map(({ instance }) => instance))];
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  const count = `${names.length} execution environment${names.length === 1 ? '' : 's'}`;
  const asked = answered === probes ? `${probes} probes` : `${answered} of ${probes} probes`;
  return `${count} answered ${asked} (${names.slice(0, MAX_NAMED).join(', ')}${more})`;
}
