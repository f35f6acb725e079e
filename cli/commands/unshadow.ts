import type { Command as Program } from 'commander';
import type { GlobalOptions, Io } from '../context.ts';
import { changeRelease } from './change-release.ts';

/** Stops mirroring traffic to a shadow. */
export function addUnshadow(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('unshadow <model>')
    .description('stop mirroring traffic')
    .action((model: string) =>
      changeRelease(io, options)(model, () => ({ type: 'stop-shadow', reason: 'stopped by hand' })),
    );
}
