import { ContractBindingError } from '../../core/contract/bind.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import { DigestMismatchError, ModelLoadError, ModelLostError } from '../../platform/onnx/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { type AskedOptions, AskedVersion, type RowAnswer } from '../quality/asked-version.ts';

/** A row of features by name. */
export type AskedRow = Readonly<Record<string, unknown>>;

/** What came of asking: an answer, `failed`, or undefined where there was no time left to ask. */
export type Outcome = RowAnswer | 'failed' | undefined;

/** What came of a request as a whole. */
export interface RepeatedRequest {
  readonly result: 'answered' | 'refused' | 'failed';
  /** What the run took, milliseconds; undefined where it failed. */
  readonly ms?: number | undefined;
}

/** Rows asked about at once: at most so many, and about as many as take so long. */
const MAX_BATCH = 512;
const BATCH_MS = 300;

/**
 * A version that is asked again about captured rows. Whatever is wrong with it is an outcome: one that cannot be loaded
 * fails at everything, and of a batch that fails the rows are found that are to blame.
 */
export class VersionAsker {
  #batch = 8;

  private constructor(
    private readonly version: AskedVersion | undefined,
    /** Why it cannot be asked at all, or was not asked any more; undefined where nothing is wrong. */
    private trouble: string | undefined,
  ) {}

  /** @throws whatever keeps the file from being had that is no fault of the version */
  static async open(home: Pick<Home, 'artifacts'>, record: ModelVersion, options: AskedOptions): Promise<VersionAsker> {
    try {
      return new VersionAsker(await AskedVersion.open(home, record, options), undefined);
    } catch (error) {
      if (!isOwnFault(error)) throw error;
      return new VersionAsker(undefined, `version ${record.version} cannot be loaded: ${error.message}`);
    }
  }

  /** Why it cannot be asked, or was lost meanwhile. */
  get problem(): string | undefined {
    return this.trouble;
  }

  /** Asks about rows until a time, of `performance.now()`. @returns one outcome a row, in their order */
  async ask(rows: readonly AskedRow[], until: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    while (outcomes.length < rows.length && performance.now() < until) {
      const batch = rows.slice(outcomes.length, outcomes.length + this.#batch);
      const from = performance.now();
      outcomes.push(...(await this.#askBatch(batch, until)));
      const each = Math.max(1e-3, (performance.now() - from) / batch.length);
      this.#batch = Math.max(1, Math.min(MAX_BATCH, 4 * this.#batch, Math.floor(BATCH_MS / each)));
    }
    return outcomes;
  }

  /** Asks about the rows of one request as it was sent. */
  async askRequest(rows: readonly AskedRow[]): Promise<RepeatedRequest> {
    if (this.version === undefined) return { result: 'failed' };
    const report: RunReport = {};
    try {
      const answers = await this.version.ask(rows, report);
      const refused = answers.some((answer) => answer.refused);
      return { result: refused ? 'refused' : 'answered', ms: report.run };
    } catch (error) {
      this.#note(error);
      return { result: 'failed' };
    }
  }

  async close(): Promise<void> {
    await this.version?.release();
  }

  async #askBatch(rows: readonly AskedRow[], until: number): Promise<Outcome[]> {
    if (this.version === undefined) return rows.map(() => 'failed');
    try {
      return await this.version.ask(rows);
    } catch (error) {
      this.#note(error);
      if (rows.length === 1 || error instanceof ModelLostError) return rows.map(() => 'failed');
    }
    if (performance.now() >= until) return rows.map(() => undefined);
    const middle = Math.ceil(rows.length / 2);
    return [
      ...(await this.#askBatch(rows.slice(0, middle), until)),
      ...(await this.#askBatch(rows.slice(middle), until)),
    ];
  }

  #note(error: unknown): void {
    if (error instanceof ModelLostError) this.trouble = error.message;
  }
}

const isOwnFault = (error: unknown): error is Error =>
  error instanceof ObjectNotFoundError ||
  error instanceof ModelLoadError ||
  error instanceof DigestMismatchError ||
  error instanceof ModelLostError ||
  error instanceof ContractBindingError;
