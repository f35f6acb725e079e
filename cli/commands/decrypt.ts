import { existsSync } from 'node:fs';
import type { Command as Program } from 'commander';
import { ENVELOPE } from '../../core/contract/personal.ts';
import { dataOwners } from '../../usecases/privacy/data-owners.ts';
import { decryptFile } from '../../usecases/privacy/decrypt-file.ts';
import type { DecryptedFileView, DecryptedValueView } from '../../usecases/privacy/decrypt-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';

/** Opens an envelope, or the envelopes of a Parquet file. */
export function addDecrypt(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('decrypt <what>')
    .description('an envelope (enc:v1:…), or a Parquet file with envelopes into --out')
    .requiredOption('--model <name>', 'model or dataset that it is of')
    .option('--field <name>', 'field that the envelope is of')
    .option('--truth', 'the envelope is a joined truth, which has a secret of its own')
    .option('--out <file>', 'where the Parquet file goes')
    .action((what: string, own: { model: string; field?: string; truth?: boolean; out?: string }) =>
      withHome(io, options(), async (home) => {
        if (what.startsWith(ENVELOPE)) {
          if (own.field === undefined) throw new UsageError('--field says which field the envelope is of');
          const keys = await (own.truth ? home.labels() : home.privacy());
          const value = keys.open({ owner: own.model, field: own.field }, what);
          const view: DecryptedValueView = { value };
          return print(io, options(), view, formatValue);
        }
        if (!existsSync(what)) throw new UsageError(`'${what}' is neither an envelope (${ENVELOPE}…) nor a file`);
        const { out } = own;
        if (out === undefined) throw new UsageError('--out says where the file goes');
        if (existsSync(out)) throw new UsageError(`${out} exists`);
        const [owner] = await dataOwners(home, own.model);
        const sealed = { owner: own.model, columns: owner?.encrypted };
        print(io, options(), await decryptFile(what, out, sealed, await home.privacy()), formatFile);
      }),
    );
}

const formatValue = ({ value }: DecryptedValueView): string => value;

const formatFile = ({ out, columns, unopened }: DecryptedFileView): string =>
  [
    `${out}: opened ${columns.join(', ') || 'nothing'}`,
    ...(unopened > 0 ? [`${unopened} values look like envelopes and do not open: they are as they were`] : []),
  ].join('\n');
