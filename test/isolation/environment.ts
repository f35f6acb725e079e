// What a person has set for their own use of Trimtab, of AWS and of the CDK is no business of the tests. It is taken out
// of the environment of every file of tests, and of what that starts.

/** What the commands of scripts/test/ and the configurations of vitest tell the tests. */
const TOLD = new Set([
  'CDK_VALIDATION',
  'TRIMTAB_AWS_CLI',
  'TRIMTAB_CONTAINER',
  'TRIMTAB_EMULATOR',
  'TRIMTAB_KSERVE_DEFINITIONS',
  'TRIMTAB_KUBERNETES',
  'TRIMTAB_REQUIRE_PYTHON',
  'TRIMTAB_SCHEMATHESIS',
  'TRIMTAB_TUTORIAL_PYTHON',
]);
/** Where the tests are of an emulator, every client has to find it. */
const PERSONAL = process.env.TRIMTAB_EMULATOR === undefined ? /^(TRIMTAB|AWS|CDK)_/ : /^(TRIMTAB|CDK)_/;

for (const name of Object.keys(process.env)) if (PERSONAL.test(name) && !TOLD.has(name)) delete process.env[name];
// Python would keep what it compiles beside its sources, in the checkout.
process.env.PYTHONDONTWRITEBYTECODE = '1';
