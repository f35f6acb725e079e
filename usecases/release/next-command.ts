import type { AskedQuestion } from '../../core/judge/asked.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Cause, Entry } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import type { Judgement } from './judge-model.ts';
import { type Review, restrained } from './restraint.ts';
import { commandsOf, saysNew } from './verdict-command.ts';

export interface NextCommandOptions extends Review {
  readonly judged: readonly Judgement[];
  /** The alarm that woke the judge. */
  readonly cause?: Cause;
  /** Types of commands that are left to others. */
  readonly except?: readonly Command['type'][];
  readonly history: () => Promise<readonly Entry[]>;
  /** What a person is asked about the model: what lasts is not said again. */
  readonly asked: readonly AskedQuestion[];
}

/**
 * What is to be written of what the judge found: what matters most of what says something new, as it may be carried out
 * now.
 */
export async function nextCommand(
  home: Pick<Home, 'ledger'>,
  { judged, cause, except = [], history, asked, ...review }: NextCommandOptions,
): Promise<Command | undefined> {
  for (const command of commandsOf(judged, review.state, cause)) {
    if (except.includes(command.type)) continue;
    if (command.type === 'hold' && !saysNew(command, await history(), review.now, asked)) continue;
    const allowed = await restrained(home, command, review);
    if (allowed !== undefined) return allowed;
  }
  return undefined;
}
