// What a person has set for their own use of Trimtab, of AWS and of the CDK is no business of the tests. It is taken out
// of the environment of every file of tests, and of what that starts.
import os from 'node:os';

/** What the commands of scripts/test/ tell the tests. */
const TOLD = new Set([
  'TRIMTAB_CONTAINER',
  'TRIMTAB_EMULATOR',
  'TRIMTAB_KSERVE_DEFINITIONS',
  'TRIMTAB_KUBERNETES',
  'TRIMTAB_SCHEMATHESIS',
]);
/** Where the tests are of an emulator, every client has to find it. */
const personal = process.env.TRIMTAB_EMULATOR === undefined ? /^(TRIMTAB|AWS|CDK_DEFAULT)_/ : /^(TRIMTAB|CDK_DEFAULT)_/;

for (const name of Object.keys(process.env)) if (personal.test(name) && !TOLD.has(name)) delete process.env[name];
// Profiles are read from the home folder otherwise.
process.env.AWS_CONFIG_FILE = os.devNull;
process.env.AWS_SHARED_CREDENTIALS_FILE = os.devNull;
// Python would keep what it compiles beside its sources, in the checkout.
process.env.PYTHONDONTWRITEBYTECODE = '1';
