import * as z from 'zod';
import { Lineage } from '../../core/manifest/manifest.ts';
import { Digest, Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { Variant } from '../../core/serving/variant.ts';
import { RowsReturn } from '../quarantine/returns.ts';
import { DatasetManifest, HeldContract } from '../validation/dataset-version.ts';
import { DropReport } from '../validation/report.ts';

const Share = z.number().min(0).max(1);
const EntryNumber = z.int().min(1).describe('Number of the ledger entry.');
const Kind = z.string().describe('What happened.');
const Actor = z.string().describe('Who did it.');

/** What is said of a version wherever it plays a part. */
export const VersionSummary = z.strictObject({
  version: VersionNumber,
  digest: Digest.describe('SHA-256 of the model file.'),
  key: z.string().describe('Where the model file is, in the artifact store.'),
  contract: Digest.describe('SHA-256 of the contract, as manifests of dataset versions have it.'),
  baseline: Digest.nullable().describe('SHA-256 of the baseline; null without one.'),
  lineage: Lineage.describe('What it was made from, as the manifest has it.'),
  registeredAt: Instant,
  registeredBy: z.string().describe('Who registered it.'),
  replayable: z.boolean().describe('Whether its captured requests can be asked of another version.'),
  replayProblem: z.string().nullable().describe('Why not; null where they can.'),
});
export type VersionSummary = z.infer<typeof VersionSummary>;

/** The part that a version has in a release. */
const Part = z.strictObject({
  role: Variant.describe('Role of the version.'),
  weight: Share.describe('Its share of the traffic; 0 for a shadow.'),
});

/** A stretch of time in which a version had a part of the traffic. */
export const Service = Part.extend({
  from: Instant,
  to: Instant.nullable().describe('null while it lasts.'),
  entries: z
    .tuple([z.int().min(1), z.int().min(1).nullable()])
    .describe('Numbers of the entries that began and ended it; null while it lasts.'),
});
export type Service = z.infer<typeof Service>;

export const EntryTrace = z.strictObject({
  of: z.literal('entry').describe('What was traced.'),
  model: ModelName,
  entry: Entry.describe('The entry that was asked for.'),
  before: Entry.nullable().describe('The entry before it, which says what was true; null for the first.'),
  after: z.array(Entry).describe('What came of it: later entries about the same version, at most ten.'),
  version: VersionSummary.nullable().describe('The version that it is about; null when it is about none.'),
});
export type EntryTrace = z.infer<typeof EntryTrace>;

export const VersionTrace = z.strictObject({
  of: z.literal('version').describe('What was traced.'),
  model: ModelName,
  version: VersionSummary.describe('The version that was asked for.'),
  entries: z.array(Entry).describe('Entries about it, in order.'),
  service: z.array(Service).describe('When it had which part of the traffic.'),
});
export type VersionTrace = z.infer<typeof VersionTrace>;

/** What one version answered. */
export const TracedOutput = z.strictObject({
  version: VersionNumber,
  variant: Variant.describe('Role of the version when it answered.'),
  at: Instant.describe('When it answered.'),
  rows: z
    .array(
      z.strictObject({
        id: z.string().describe('Id of the prediction.'),
        score: z.number().nullable().describe('Score of the output that decides; null without one.'),
        positive: z.boolean().nullable().describe('Whether the decision is positive; null without score or threshold.'),
        subject: z.string().nullable().describe('Pseudonym of whom the row is about; null where none is named.'),
        features: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
          .describe('Features as they were captured; missing ones are null.'),
      }),
    )
    .describe('The rows that were asked for.'),
  ms: z.number().min(0).describe('Milliseconds that it took.'),
  failed: z
    .enum(['caller', 'internal', 'unavailable'])
    .nullable()
    .describe('Why there is no answer: by whose fault; null where there is one.'),
  findings: z
    .array(
      z.strictObject({
        feature: z.string().describe('Name of the feature, or of a whole tensor.'),
        rule: z.string().describe('The rule that was broken.'),
        count: z.int().min(1).describe('How often.'),
      }),
    )
    .describe('What of the whole request broke the contract.'),
  object: z.string().describe('Object of the captures store.'),
});
export type TracedOutput = z.infer<typeof TracedOutput>;

export const Truth = z.strictObject({
  id: z.string().describe('Id of the prediction.'),
  state: z.enum(['joined', 'waiting', 'incoming', 'given up']).describe('How far it has come.'),
  truth: z.json().describe('What turned out to be true; null when it is not kept.'),
  wrong: z.boolean().nullable().describe('Whether the decision was wrong; null when that is not known.'),
  reason: z.string().nullable().describe('Why it was given up; null when it was not.'),
  object: z.string().describe('Object of the data store.'),
});
export type Truth = z.infer<typeof Truth>;

export const PredictionTrace = z.strictObject({
  of: z.literal('prediction').describe('What was traced.'),
  id: z.string().describe('Id of the prediction, or of the request.'),
  model: ModelName,
  answers: z.array(TracedOutput).describe('The answer that the caller got first, then a shadow’s.'),
  release: z
    .strictObject({
      entry: EntryNumber,
      kind: Kind,
      at: Instant,
      by: Actor,
      reason: z.string().describe('Why.'),
      champion: VersionNumber.nullable().describe('The champion then; null without one.'),
      part: Part.nullable().describe('Part of the version that answered; null when it had none.'),
    })
    .nullable()
    .describe('The release in force then: the last entry before the answer; null when the ledger knows none.'),
  version: VersionSummary.describe('The version that answered.'),
  history: z
    .array(z.strictObject({ entry: EntryNumber, kind: Kind, at: Instant, by: Actor }))
    .describe('Who approved it, and every other entry about it up to then.'),
  truth: z.array(Truth).describe('What is known of what turned out to be true.'),
});
export type PredictionTrace = z.infer<typeof PredictionTrace>;

export const DropTrace = z.strictObject({
  of: z.literal('drop').describe('What was traced.'),
  dataset: z.string().describe('Name of the dataset.'),
  drop: z.string().describe('Identifies the drop.'),
  report: DropReport.describe('What was judged, and what came of it.'),
  manifest: DatasetManifest.nullable().describe('The dataset version of its good rows; null when it was rejected.'),
  verdicts: z
    .array(
      z.strictObject({
        drop: z.string().describe('Identifies the verdict.'),
        at: Instant,
        by: z.string().nullable().describe('Who wanted it judged again; null where it was dropped.'),
        contract: HeldContract.nullable().describe('The contract that it was held to; null where there was none.'),
        verdict: DropReport.shape.verdict,
        version: z.int().nullable().describe('Dataset version that its good rows became; null without one.'),
      }),
    )
    .describe('Every verdict on the same file, this one among them, oldest first.'),
  returns: z
    .array(
      RowsReturn.omit({ manifest: true, report: true }).extend({
        version: z.int().describe('The dataset version that they became.'),
        mended: z.string().nullable().describe('The mended file as a drop; null where rows were accepted as they are.'),
      }),
    )
    .describe('Quarantined rows of it that were put back or accepted, in order.'),
  models: z
    .array(z.strictObject({ model: ModelName, version: VersionNumber }))
    .describe('Model versions whose lineage names it: by version, drop, or digest of the file.'),
});
export type DropTrace = z.infer<typeof DropTrace>;

/** What is known of a prediction, a ledger entry, a model version or a drop. */
export const TraceView = z.discriminatedUnion('of', [PredictionTrace, EntryTrace, VersionTrace, DropTrace]);
export type TraceView = z.infer<typeof TraceView>;
