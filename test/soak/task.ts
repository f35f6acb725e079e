import type { Random } from '../hostile/random.ts';

/** An answer came, and is not what it should be. */
export class WrongAnswerError extends Error {
  override readonly name = 'WrongAnswerError';
}

/** Something that a caller of the server does, again and again. */
export interface Task {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  /** @throws WrongAnswerError or LostError */
  run(random: Random): Promise<void>;
}
