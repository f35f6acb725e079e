import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { COMMAND_VIEWS, WITHOUT_VIEW } from '../../cli/views.ts';
import { hourFolder } from '../../core/model/hour-folder.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { literal, withDuck } from '../../platform/duckdb/connection.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { viewSchemas, viewsPage } from '../../scripts/docs/view-schemas.ts';
import { validateDrop } from '../../usecases/validation/validate-drop.ts';
import { FLIGHT } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MODEL = 'models/flight-delay';
const folder = temporaryFolder('views');
const home = path.join(folder, 'home');
const file = (name: string): string => path.join(folder, name);

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(['--home', home, ...argv], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    env: { TRIMTAB_ACTOR: 'user:ada' },
  });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

interface Run {
  /** Key of COMMAND_VIEWS. */
  readonly view: string;
  readonly argv: readonly string[];
  /** Exit status; 1 where the check finds something, which the view holds. */
  readonly status?: 1;
}

const run = (view: string, ...argv: string[]): Run => ({ view, argv: [view.split(' ')[0]!, ...argv] });
const finding = (view: string, ...argv: string[]): Run => ({ ...run(view, ...argv), status: 1 });

/** In this order: what later ones look at is what earlier ones have done. */
const RUNS: readonly Run[] = [
  run('status'),
  run('register', `${MODEL}/v1`),
  run('register', `${MODEL}/v2`),
  run('register', `${MODEL}/v2`),
  run('approve', 'flight-delay', '1'),
  run('approve', 'flight-delay', '2'),
  run('release', 'flight-delay', '1'),
  run('release', 'flight-delay', '2', '--canary', '--steps', '0.1,1'),
  run('status'),
  run('promote', 'flight-delay'),
  run('rollback', 'flight-delay', '--keep'),
  run('release', 'flight-delay', '2', '--shadow'),
  run('status'),
  run('unshadow', 'flight-delay'),
  run('release', 'flight-delay', '2', '--ab', '--weight', '0.3'),
  run('status', 'flight-delay'),
  run('rollback', 'flight-delay', '--challenger', '2'),
  run('lift', 'flight-delay', '2', '--reason', 'mended'),
  run('freeze', 'flight-delay', '--until', '2h', '--reason', 'work at the network'),
  run('status', 'flight-delay'),
  run('unfreeze', 'flight-delay', '--reason', 'done'),
  run('reject', 'flight-delay', '2'),
  run('quarantine', 'flight-delay', '2', '--reason', 'no good'),
  run('list'),
  run('show', 'flight-delay', '2'),
  run('history', 'flight-delay'),
  run('history --at', 'flight-delay', '--at', '2100-01-01'),
  run('history --anchor', 'flight-delay', '--anchor'),
  run('history --verify', 'flight-delay', '--verify'),
  run('init', '--model', `${MODEL}/v1/model.onnx`, '--data', file('rows.csv'), '--out', file('made')),
  run('baseline', file('made'), '--data', file('rows.csv')),
  run('contract diff', 'diff', `${MODEL}/v1`, file('made')),
  run('validate', file('rows.csv'), '--contract', `${MODEL}/v1`, '--out', file('validated')),
  finding('validate', file('bad.csv'), '--contract', `${MODEL}/v1`, '--out', file('validated')),
  run('profile', file('rows.csv')),
  run('drift', 'flight-delay'),
  finding('drift --file', '--file', file('rows.csv'), '--baseline', `${MODEL}/v1`),
  run('compare', 'flight-delay', '1', '2', '--data', file('rows.csv')),
  run('predict', 'flight-delay', '--data', file('flight.json')),
  run('explain', 'flight-delay', '--data', file('flight.json')),
  run('explain', 'flight-delay', '--data', file('flight.json'), '--method', 'sampled'),
  run('explain --global', 'flight-delay', '--data', file('flight.json'), '--global'),
  run('smoke'),
  run('trace', 'flight-delay#1'),
  run('trace', 'flight-delay@1'),
  run('trace', 'flight-delay/000001'),
  run('tables'),
  run('trace', 'one-flight'),
  run('validate --redo', '--redo', 'incoming/flight-delay/rows.csv'),
  run('validate --redo', '--redo', 'incoming/flight-delay/rows.csv', '--force'),
  run('rows list', 'list'),
  run('rows show', 'show', 'incoming/flight-delay/rows.csv'),
  run('rows export', 'export', 'incoming/flight-delay/rows.csv', '--out', file('exported.csv'), '--lines', '349'),
  finding('rows redo', 'redo', 'incoming/flight-delay/rows.csv', '--file', file('exported.csv'), '--lines', '349'),
  run('rows release', 'release', 'incoming/flight-delay/rows.csv', '--lines', '349', '--reason', 'a small one'),
  run('trace', 'flight-delay/000001'),
  run('quality', 'flight-delay', '--version', '1'),
  run('status', 'flight-delay'),
  run('decrypt --out', file('sealed.parquet'), '--model', 'flight-delay', '--out', file('open.parquet')),
  finding('truth', 'flight-delay', '--data', file('truths.jsonl')),
  run('forget', '--prediction', 'one-flight'),
  run('simulate', file('scenario.json'), '--seeds', '2'),
  run('simulate --grid', file('scenario.json'), '--grid', 'traffic.rate=1,2', '--seeds', '1'),
  run('token create', 'create', '--name', 'ci', '--role', 'predict,read', '--file', file('tokens.json')),
  run('token list', 'list', file('tokens.json')),
  run('cost', '--config', 'no-such-configuration.json'),
  run('doctor', '--port', '0'),
];

/** What is seen of a finished run. */
const seen = new Set<string>();
/** A validator that has all published files, as they are. */
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
for (const name of globSync('schemas/**/*.schema.json')) ajv.addSchema(JSON.parse(readFileSync(name, 'utf8')));

/** Holds what was printed against the view's schema, and against its published form. */
function check(view: string, out: string): void {
  const { name, schema } = COMMAND_VIEWS[view]!;
  const printed: unknown = JSON.parse(out);
  const parsed = schema.safeParse(printed);
  expect(parsed.error?.issues).toBeUndefined();
  // A default that is filled in would be a field that was absent.
  expect(parsed.data).toEqual(printed);
  expect(ajv.validate(`urn:trimtab:schemas:views:${name}`, printed), ajv.errorsText()).toBe(true);
  seen.add(view);
}

describe('views', () => {
  let runtime: LocalRuntime | undefined;
  let envelope: string;

  beforeAll(async () => {
    const lines = readFileSync(`${MODEL}/data/2013-07.csv`, 'utf8').split('\n', 1_500);
    writeFileSync(file('rows.csv'), `${lines.join('\n')}\n`);
    writeFileSync(file('bad.csv'), 'a;b\n1;2\n');
    writeFileSync(file('truths.jsonl'), '{"id":"nobody","truth":1}\n[]\n');
    writeFileSync(file('scenario.json'), JSON.stringify({ duration: '10m', traffic: { segments: { night: 0.1 } } }));
    writeFileSync(file('flight.json'), JSON.stringify([FLIGHT, FLIGHT]));
    const opened = await openLocalHome(home);
    const keys = await opened.privacy();
    envelope = keys.seal({ owner: 'flight-delay', field: 'age' }, '36');
    await withDuck(undefined, (duck) =>
      duck.run(`COPY (SELECT ${literal(envelope)} AS age) TO ${literal(file('sealed.parquet'))} (FORMAT parquet)`),
    );
    await opened.close();
  });
  afterAll(() => runtime?.close());

  /** What the rest looks at: a drop and a captured prediction, and an endpoint that serves. */
  async function serve(): Promise<void> {
    const opened = await openLocalHome(home);
    const drop = 'incoming/flight-delay/rows.csv';
    await opened.data.put(drop, readFileSync(file('rows.csv')));
    await validateDrop(opened, { key: drop });
    const at = new Date().toISOString();
    const capture = {
      ...{ trimtab: 'capture', id: 'one-flight', model: 'flight-delay', version: 1, variant: 'champion', at, rows: 1 },
      ...{ features: { origin_delay: [42], carrier: ['UA'], dest: [null] }, scores: [0.4], ms: 1 },
    };
    const hour = hourFolder(at);
    await opened.captures.put(`captures/${hour}/one.jsonl`, `${JSON.stringify(capture)}\n`);
    const truth = '{"id":"one-flight","truth":1}\n';
    await opened.data.put('ground-truth/incoming/flight-delay/one.jsonl', truth);
    await opened.close();
    runtime = await startLocalRuntime({ home, port: 0 });
  }

  it.each(RUNS.map((each) => [each.argv.join(' ').replaceAll(folder, ''), each] as const))(
    'hold what is printed by: %s',
    async (_, { view, argv, status = 0 }) => {
      if (runtime === undefined && ['predict', 'trace'].includes(view)) await serve();
      const done = await trimtab(...argv, '--json');
      expect(done.status).toBe(status);
      // What was done may be remarked upon.
      expect(done.err).toMatch(status === 0 ? /^(note: .*)?$/ : /./);
      check(view, done.out);
    },
  );

  it('hold what is printed by: decrypt', async () => {
    const { out } = await trimtab('decrypt', envelope, '--model', 'flight-delay', '--field', 'age', '--json');
    check('decrypt', out);
  });

  it.each(['copy', 'mirror'])('hold what is printed by: %s', async (command) => {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: process.env };
    const argv = [command, ...(command === 'copy' ? ['flight-delay@1'] : []), '--from', home, '--to', file(command)];
    await main([...argv, '--json'], io);
    if (command === 'copy') return check(command, out.join(''));
    // A folder's seals want its key, which is not copied.
    expect(err.join()).toContain('name it by TRIMTAB_LEDGER_KEY_FILE; nothing was mirrored');
    seen.add(command);
  });

  it('are all held', () => {
    // A table is restored on AWS: test/emulator/copy.test.ts.
    seen.add('restore');
    expect([...seen].sort()).toEqual(Object.keys(COMMAND_VIEWS).sort());
  });

  it('are there of every command, or it is said why not', async () => {
    const help = (await trimtab('--help')).out;
    const commands = [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(20);
    const described = [...Object.keys(COMMAND_VIEWS).map((key) => key.split(' ')[0]!), ...Object.keys(WITHOUT_VIEW)];
    expect(commands.toSorted()).toEqual([...new Set(described)].sort());
  });

  it('leave the standard output empty when there is none: of usage errors and refusals', async () => {
    expect(await trimtab('status', 'nobody', '--json')).toMatchObject({ status: 2, out: '' });
    expect(await trimtab('release', 'flight-delay', '2', '--json')).toMatchObject({ status: 1, out: '' });
  });

  it('are all that the text for people is made of', () => {
    for (const name of readdirSync('cli/commands')) {
      const text = readFileSync(path.join('cli/commands', name), 'utf8');
      for (const [call] of text.matchAll(/\bprint\([\s\S]*?;$/gm))
        expect(call.replaceAll(/\s+/g, ' '), name).toMatch(/^print\( ?io, options\(\), .+, format[A-Za-z]+,? ?\);$/);
    }
  });

  it('are published as they are', () => {
    for (const [name, text] of Object.entries(viewSchemas))
      expect(readFileSync(name, 'utf8'), 'npm run generate').toBe(text());
    expect(readdirSync('schemas/views')).toHaveLength(Object.keys(viewSchemas).length);
    expect(readFileSync('docs/views.md', 'utf8'), 'npm run generate').toBe(viewsPage());
  });

  it('are found by their ids, whatever their files refer to', () => {
    const files = globSync('schemas/**/*.schema.json');
    const ids = files.map((name) => (JSON.parse(readFileSync(name, 'utf8')) as { $id: string }).$id);
    expect(new Set(ids).size).toBe(Object.keys(viewSchemas).length + 3);
    for (const id of ids) expect(ajv.getSchema(id), id).toBeTypeOf('function');
    const manifest = JSON.parse(readFileSync(`${MODEL}/v1/model.json`, 'utf8'));
    expect(ajv.validate('urn:trimtab:schemas:model', manifest), ajv.errorsText()).toBe(true);
  });

  it('describe every field, and have it always but in documents that are shown as they are stored', () => {
    const [bare, optional] = [new Set<string>(), new Set<string>()];
    for (const [name, text] of Object.entries(viewSchemas))
      visit(JSON.parse(text()), (field, schema, required) => {
        if (!isDescribed(schema)) bare.add(`${name}: ${field}`);
        if (!required) optional.add(field);
      });
    expect([...bare]).toEqual([]);
    expect([...optional].filter((field) => !STORED.has(field))).toEqual([]);
  });
});

/** Fields that a ledger entry, a version record, a baseline, a dataset version or a record of an erasure may not have. */
const STORED = new Set([
  ...[
    'cause',
    'evidence',
    'previous',
    'record',
    'seal',
    'test',
    'waiting',
    'canary',
    'judged',
    'class',
    'former',
    'frozen',
  ],
  ...['classes', 'squares', 'rehearsal'],
  ...['baseline', 'sideBySide', 'card', 'dataset', 'commit', 'run', 'brier', 'errorRate', 'errorEdges', 'zeros'],
  ...['repairs', 'mae', 'withoutScore'],
  ...['effect', 'made', 'personal', 'erasures', 'drops', 'datasets', 'quarantine', 'truths', 'captures', 'answers'],
]);

interface JsonSchema {
  readonly description?: string;
  readonly $ref?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const isDescribed = ({ description, $ref, anyOf = [] }: JsonSchema): boolean =>
  description !== undefined || $ref !== undefined || anyOf.some(isDescribed);

/** Calls back for every property of every object in a schema. */
function visit(schema: JsonSchema, seeField: (field: string, schema: JsonSchema, required: boolean) => void): void {
  const { properties = {}, required = [] } = schema;
  for (const [field, each] of Object.entries(properties)) seeField(field, each, required.includes(field));
  for (const part of Object.values(schema))
    if (typeof part === 'object' && part !== null)
      for (const each of [part, ...Object.values(part as object)])
        if (typeof each === 'object' && each !== null) visit(each as JsonSchema, seeField);
}
