import { type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { exactText } from '../../core/protocols/formats/exact-text.ts';
import { RegistrationRefusedError } from '../../core/registry/errors.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { ModelLostError } from '../../platform/onnx/errors.ts';
import type { ExaminedModel, OpenedModel } from '../../platform/onnx/examine.ts';
import { compileRequestReader } from '../baseline/request-reader.ts';
import { inputsOf } from '../baseline/table-inputs.ts';
import { keptRows, type RunRow } from './kept-rows.ts';
import type { RehearsalRows } from './rehearsal-rows.ts';

/** What is rehearsed. */
export interface RehearsalSubject {
  readonly manifest: Manifest;
  readonly signature: Signature;
}

/** What came of a rehearsal. */
export interface Rehearsed {
  readonly rehearsal: Rehearsal;
  /** What is worth a look, in sentences. */
  readonly remarks: readonly string[];
}

/** After so long no further rows are run; milliseconds. */
const ENOUGH_MS = 30_000;

/**
 * Runs a graph on real rows in the process of its own in which it was examined: what hangs, crashes or takes all memory
 * takes nothing else along.
 *
 * @throws RegistrationRefusedError for a graph that fails on all rows, or whose process is lost on any
 * @throws ModelLoadError
 */
export async function rehearse(
  subject: RehearsalSubject,
  rows: RehearsalRows,
  open: ExaminedModel['open'],
): Promise<Rehearsed> {
  return runAll(await open(subject.manifest.serving.threads), subject, rows);
}

async function runAll(model: OpenedModel, subject: RehearsalSubject, rows: RehearsalRows): Promise<Rehearsed> {
  const { manifest, signature } = subject;
  const personal = isPersonal(manifest.contract);
  const read = await readerOf(subject, rows);
  const answered: RunRow[] = [];
  const counts = { rows: 0, failed: 0, refused: 0 };
  let [firstFailure, firstRefusal]: [Failure | undefined, string | undefined] = [undefined, undefined];
  const size = batchOf(signature);
  const until = performance.now() + ENOUGH_MS;
  for (let row = 0; row + size <= rows.rows.length && performance.now() < until; row += size) {
    const input = rows.rows.slice(row, row + size);
    const given = read(input);
    if (typeof given === 'string') {
      counts.refused++;
      firstRefusal ??= `row ${row}${personal ? '' : `: ${given}`}`;
      continue;
    }
    counts.rows++;
    try {
      const report: { run?: number } = {};
      const outputs = await model.run(given, undefined, report);
      answered.push({ inputs: given, outputs, ms: report.run ?? 0 });
    } catch (error) {
      const shown = personal ? '' : ` ${shortened(exactText(size === 1 ? input[0] : input), 300)}`;
      if (error instanceof ModelLostError)
        throw new RegistrationRefusedError(
          `the graph does not survive row ${row} of ${rows.name}${shown}: ${error.message}`,
          {
            cause: error,
          },
        );
      counts.failed++;
      firstFailure ??= { row, shown, message: messageOf(error) };
    }
  }
  const told = `${rows.name}, such as row ${firstFailure?.row}${firstFailure?.shown}: ${firstFailure?.message}`;
  if (counts.rows > 0 && counts.failed === counts.rows)
    throw new RegistrationRefusedError(`the graph fails on all ${counts.rows} rows of ${told}`);
  const { kept, varying, remarks } = await keptRows(model, answered, personal);
  const rehearsal: Rehearsal = {
    format: 1,
    counts: { source: rows.source, ...counts, firstFailure: failureOf(firstFailure, personal) },
    varying,
    kept,
  };
  const failed = `the graph fails on ${counts.failed} of ${counts.rows} rows of ${told}`;
  const refused = `the contract refuses ${counts.refused} of ${counts.refused + counts.rows} rows of ${rows.name}, such as ${firstRefusal}`;
  return {
    rehearsal,
    remarks: [
      ...(counts.failed > 0 ? [failed] : []),
      ...(counts.refused > 0 ? [refused] : []),
      ...(counts.rows === 0 ? [`it was not rehearsed: the graph was run on no row of ${rows.name}`] : remarks),
    ],
  };
}

interface Failure {
  readonly row: number;
  /** The row itself; empty where it may not be shown. */
  readonly shown: string;
  readonly message: string;
}

const failureOf = (failure: Failure | undefined, personal: boolean): Rehearsal['counts']['firstFailure'] =>
  failure === undefined ? null : { row: failure.row, message: personal ? 'not kept' : shortened(failure.message, 500) };

/** Reads rows as what the graph is given, or says why the contract does not let them in. */
async function readerOf(
  { manifest, signature }: RehearsalSubject,
  { requests }: RehearsalRows,
): Promise<(rows: RehearsalRows['rows']) => Record<string, TensorData> | string> {
  const check = compileCheck(manifest.contract, signature);
  const read = requests ? await compileRequestReader(manifest, signature, check) : undefined;
  return (rows) => {
    try {
      return checked(check, read === undefined ? inputsOf(check, rows) : read(rows[0]!));
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  };
}

function checked(
  check: CompiledContract,
  inputs: Parameters<CompiledContract['run']>[0],
): Record<string, TensorData> | string {
  const { tensors, rejected, violations } = check.run(inputs, false);
  const [first] = violations;
  if (rejected === 0) return tensors;
  return first === undefined
    ? 'it breaks the contract'
    : `${first.feature} is ${first.received ?? 'missing'}, expected ${first.allowed}`;
}

/** Rows that a graph wants at once, where it takes no other number. */
const batchOf = ({ inputs }: Signature): number => Math.max(1, ...inputs.map(({ shape }) => shape[0] ?? 1));

/** What ONNX Runtime said, which an error about feeds may only hold as its cause. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}

const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
