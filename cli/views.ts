import type * as z from 'zod';
import { Entry } from '../core/registry/ledger.ts';
import { SimulationTableView, SimulationView } from '../core/simulation/view.ts';
import { ListView } from '../usecases/audit/list-view.ts';
import { TraceView } from '../usecases/audit/trace-view.ts';
import { VersionView } from '../usecases/audit/version-view.ts';
import { ModelFolderView, RemadeBaselineView } from '../usecases/baseline/model-folder-view.ts';
import { DriftView, FileDriftView } from '../usecases/drift/drift-view.ts';
import { DecryptedFileView, DecryptedValueView } from '../usecases/privacy/decrypt-view.ts';
import { ForgetView } from '../usecases/privacy/forget-view.ts';
import { CompareView } from '../usecases/quality/compare-view.ts';
import { QualityView } from '../usecases/quality/quality-view.ts';
import { RowsExportView, RowsListView, RowsReturnView, RowsView } from '../usecases/quarantine/rows-view.ts';
import { ContractDiffView } from '../usecases/registry/contract-diff.ts';
import { CopyView } from '../usecases/registry/copy-view.ts';
import { AnchorView, HistoryAtView, HistoryView, VerificationView } from '../usecases/registry/history-view.ts';
import { MirrorView } from '../usecases/registry/mirror-view.ts';
import { RegistrationView } from '../usecases/registry/registration-view.ts';
import { RestoreView } from '../usecases/registry/restore-view.ts';
import { StatusView } from '../usecases/release/status-view.ts';
import { TablesView } from '../usecases/tables/tables-view.ts';
import { FileProfile } from '../usecases/validation/file-profile.ts';
import { RedoView } from '../usecases/validation/redo-drop.ts';
import { FileValidationView } from '../usecases/validation/validation-view.ts';
import { CostView } from './cost/cost-view.ts';
import { DoctorView } from './doctor/doctor-view.ts';
import { ExplanationsView, ImportanceView } from './endpoint/explanations-view.ts';
import { PredictionsView } from './endpoint/predictions-view.ts';
import { SmokeView } from './smoke/smoke-view.ts';
import { TokenCreatedView, TokensView } from './tokens/token-view.ts';
import { TruthView } from './truth/truth-view.ts';

/** A schema of what a command prints with `--json`, published under its name in `schemas/views/`. */
export interface View {
  readonly name: string;
  readonly schema: z.ZodType;
  /** What it is, in a few words. */
  readonly about: string;
}

const view = (name: string, schema: z.ZodType, about: string): View => ({ name, schema, about });

const rowsReturn = view('rows-return', RowsReturnView, 'what became of rows that were given back');
const entry = view('entry', Entry, 'the ledger entry that was appended');

/** What each command prints with `--json`, by command and the options that change what it is. */
export const COMMAND_VIEWS: Readonly<Record<string, View>> = {
  init: view('model-folder', ModelFolderView, 'the model folder that was written'),
  baseline: view('baseline-made', RemadeBaselineView, 'the baseline that was made anew'),
  'contract diff': view('contract-diff', ContractDiffView, 'what differs between two contracts'),
  register: view('registration', RegistrationView, 'the version that was registered'),
  copy: view('copy', CopyView, 'the version that was copied, and what its source says of it'),
  mirror: view('mirror', MirrorView, 'the ledgers that were mirrored'),
  restore: view('restore', RestoreView, 'a restored table beside the one in use'),
  approve: entry,
  reject: entry,
  release: entry,
  promote: entry,
  rollback: entry,
  unshadow: entry,
  quarantine: entry,
  lift: entry,
  freeze: entry,
  unfreeze: entry,
  list: view('models', ListView, 'the models of a home'),
  show: view('version', VersionView, 'all of a version'),
  status: view('status', StatusView, 'what is released, and how rollouts come along'),
  tables: view('tables', TablesView, 'what is stored, as tables'),
  history: view('history', HistoryView, 'the ledger of a model'),
  'history --at': view('history-at', HistoryAtView, 'what was true at an instant'),
  'history --anchor': view('anchor', AnchorView, 'what the ledger is now, to be kept elsewhere'),
  'history --verify': view('verification', VerificationView, 'whether the ledger is as it was written'),
  validate: view('validation', FileValidationView, 'what a data file was found to be'),
  'validate --redo': view('validation-redone', RedoView, 'what became of a drop that was judged again'),
  'rows list': view('rows-list', RowsListView, 'data files that have quarantined rows'),
  'rows show': view('rows', RowsView, 'quarantined rows of a drop'),
  'rows export': view('rows-export', RowsExportView, 'quarantined rows as a file'),
  'rows redo': rowsReturn,
  'rows release': rowsReturn,
  profile: view('profile', FileProfile, 'what is in a data file, counted'),
  drift: view('drift', DriftView, 'drift of captured traffic'),
  'drift --file': view('file-drift', FileDriftView, 'drift of a data file'),
  quality: view('quality', QualityView, 'how good a version was, by the truths of its predictions'),
  compare: view('comparison', CompareView, 'two versions asked about the same rows'),
  predict: view('predictions', PredictionsView, 'what the endpoint answered'),
  explain: view('explanations', ExplanationsView, 'Shapley values of rows'),
  'explain --global': view('importance', ImportanceView, 'their mean size over rows'),
  truth: view('truths', TruthView, 'what became of the truths of a file'),
  forget: view('forget', ForgetView, 'what was erased'),
  trace: view('trace', TraceView, 'what is known of a prediction, an entry, a version or a drop; `of` says which'),
  decrypt: view('decrypted-value', DecryptedValueView, 'what an envelope held'),
  'decrypt --out': view('decrypted-file', DecryptedFileView, 'the file that was written'),
  smoke: view('smoke', SmokeView, 'whether the endpoint does what the ledger says'),
  simulate: view('simulation', SimulationView, 'how a scenario came out'),
  'simulate --grid': view(
    'simulations',
    SimulationTableView,
    'how several scenarios came out, of a grid or of variants',
  ),
  'token create': view('token-created', TokenCreatedView, 'the credential that was made'),
  'token list': view('tokens', TokensView, 'the credentials of a file'),
  cost: view('cost', CostView, 'a month’s cost, line by line'),
  doctor: view('doctor', DoctorView, 'what is wrong with an installation'),
};

/** Commands that report nothing, and why. */
export const WITHOUT_VIEW: Readonly<Record<string, string>> = {
  up: 'it serves until it is stopped',
  serve: 'it serves until it is stopped, and logs to the standard error',
  completion: 'it prints what a shell reads',
};
