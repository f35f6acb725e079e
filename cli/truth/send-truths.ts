import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import type { Home } from '../../platform/ports.ts';
import { TruthLookup } from '../../usecases/ground-truth/look-up-truths.ts';
import { storeFeedback } from '../../usecases/serving/store-feedback.ts';
import { EndpointBusyError, type EndpointClient } from '../endpoint/client.ts';
import { CheckFailedError } from '../errors.ts';
import type { FileRecord } from './read-records.ts';
import type { TruthView } from './truth-view.ts';

type Good = Extract<FileRecord, { record: unknown }>;

/** What is found of some records, and sent. */
export type SentRecords = Pick<TruthView, 'sent' | 'known' | 'unknown' | 'unreadable' | 'problems'>;

/** Takes records that are truths to where the join finds them. */
export type SendRecords = (records: readonly Good[]) => Promise<SentRecords>;

/** Stores records in a home, all but those that do not go with their prediction: these stay with who has the file. */
export function intoHome(home: Home, model: string): SendRecords {
  const lookup = new TruthLookup(home, model);
  return async (records) => {
    const findings = await lookup.look(records.map(({ record }) => record));
    const sent: Good[] = [];
    const problems: TruthView['problems'] = [];
    let known = 0;
    for (const [i, finding] of findings.entries()) {
      const { line } = records[i]!;
      if (typeof finding === 'object') problems.push({ line, kind: 'unreadable', reason: finding.reason });
      else sent.push(records[i]!);
      if (finding === 'known') known++;
      if (finding === 'unknown')
        problems.push({ line, kind: 'unknown', reason: `${UNKNOWN} ${records[i]!.record.id}` });
    }
    if (sent.length > 0)
      await storeFeedback(
        home.data,
        model,
        sent.map(({ record }) => record),
      );
    return {
      sent: sent.length,
      known,
      unknown: sent.length - known,
      unreadable: records.length - sent.length,
      problems,
    };
  };
}

const UNKNOWN = 'no captured prediction has the id';

/** Records in a call: what an endpoint takes, and well below the size that one may have. */
const MAX_RECORDS = 2_000;

/** Of older endpoints, which do not read them, nothing is said of unreadable ones. */
const Answer = z.object({
  accepted: z.int().min(0),
  problems: z.array(z.object({ record: z.int().min(0), reason: z.string() })).default([]),
  unreadable: z.int().min(0).default(0),
});

/** Sends records to an endpoint, which stores them all and says which no version that it serves could read. */
export function toEndpoint(endpoint: EndpointClient, model: string): SendRecords {
  return async (records) => {
    const sums = { sent: 0, unreadable: 0 };
    const problems: TruthView['problems'] = [];
    for (const kind of ['truth', 'outcomes'] as const) {
      const own = records.filter(({ record }) => isOutcome(record) === (kind === 'outcomes'));
      for (let from = 0; from < own.length; from += MAX_RECORDS) {
        const some = own.slice(from, from + MAX_RECORDS);
        const answer = await post(endpoint, `/trimtab/v1/models/${model}/${kind}`, some);
        sums.sent += answer.accepted;
        sums.unreadable += answer.unreadable;
        for (const { record, reason } of answer.problems)
          problems.push({ line: some[record]?.line ?? 1, kind: 'unreadable', reason });
      }
    }
    return { ...sums, known: null, unknown: null, problems };
  };
}

/** How often records are sent again that are more than the endpoint takes in a minute, and how long is waited; seconds. */
const MAX_ATTEMPTS = 10;
const MAX_WAIT = 70;

/** Waits as the endpoint asks. What was sent twice is counted once. */
async function askUntilTaken(endpoint: EndpointClient, path: string, message: unknown): Promise<{ body: unknown }> {
  for (let attempt = 1; ; attempt++)
    try {
      return await endpoint.ask(path, message);
    } catch (error) {
      if (!(error instanceof EndpointBusyError) || attempt >= MAX_ATTEMPTS || error.retryAfterSeconds > MAX_WAIT)
        throw error;
      await sleep(1_000 * error.retryAfterSeconds);
    }
}

async function post(endpoint: EndpointClient, path: string, some: readonly Good[]): Promise<z.infer<typeof Answer>> {
  const { body } = await askUntilTaken(endpoint, path, { records: some.map(({ record }) => record) });
  const answer = Answer.safeParse(body);
  if (!answer.success)
    throw new CheckFailedError(`the answer to ${path} is none: ${JSON.stringify(body).slice(0, 100)}`);
  return answer.data;
}
