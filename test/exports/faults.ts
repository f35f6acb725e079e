import * as z from 'zod';
import { PredictionsView } from '../../cli/endpoint/predictions-view.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ANSWERS, type LibraryAnswers } from './answers.ts';
import { rowsOf, type ServedExports } from './served-exports.ts';

type Classification = Extract<LibraryAnswers, { task: 'classification' }>;
type Output = PredictionsView['outputs'][number];

/** Graphs compute in float32 what libraries compute in float64. */
const TOLERANCE = 1e-4;

/** What is wrong with an export as it is served, in words; nothing when it answers as its library does. */
export async function faultsOf(exports: ServedExports, name: string): Promise<string[]> {
  const failure = exports.failureOf(name);
  if (failure !== undefined) return [failure];
  const answers = ANSWERS[name]!;
  const manifest = Manifest.parse(exports.manifestOf(name));
  const faults = decisionFaults(manifest, answers);
  faults.push(...(await said(async () => predictFaults(exports, name, answers))));
  if (answers.task === 'classification')
    faults.push(...(await said(async () => classifyFaults(exports, name, answers))));
  return faults;
}

/** What a check finds; that it ends with an error is a find as well. */
const said = (check: () => Promise<string[]>): Promise<string[]> =>
  check().catch((error: unknown) => [(error as Error).message]);

const predictFaults = async (exports: ServedExports, name: string, answers: LibraryAnswers): Promise<string[]> =>
  outputFaults(PredictionsView.parse(await exports.predict(name)).outputs, answers);

/** Booleans are numbers in every export. */
const className = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? String(Number(value)) : String(value);
const classNames = (values: readonly (string | number | boolean)[] | undefined): string | undefined =>
  values?.map(className).join(', ');

function decisionFaults({ decision, outputs }: Manifest, answers: LibraryAnswers): string[] {
  const wanted = taskOf(answers);
  if (decision?.task !== wanted) return [`the decision is ${decision?.task ?? 'none'}, expected ${wanted}`];
  if (answers.task === 'regression') return [];
  const said = outputs?.find(({ name }) => name === decision.output)?.classes;
  const classes = classNames(decision.task === 'multiclass' ? (decision.classes ?? said) : said);
  const expected = classNames(answers.classes);
  const faults = classes === expected ? [] : [`the classes are ${classes ?? 'none'}, expected ${expected}`];
  if (decision.task === 'binary' && decision.column !== 1)
    faults.push(`column ${decision.column} decides, expected that of the second class`);
  return faults;
}

function taskOf(answers: LibraryAnswers): 'binary' | 'multiclass' | 'regression' {
  if (answers.task === 'regression') return 'regression';
  return answers.classes.length === 2 ? 'binary' : 'multiclass';
}

function outputFaults(outputs: readonly Output[], answers: LibraryAnswers): string[] {
  if (answers.task === 'regression') return [valuesFault(outputs, answers.predictions)].filter((f) => f !== undefined);
  const faults: string[] = [];
  const probabilities = outputs.find(({ shape }) => shape.length === 2 && shape[1] === answers.classes.length);
  if (probabilities === undefined) faults.push(`no probabilities among the outputs ${describe(outputs)}`);
  else if (!near(probabilities.data, answers.probabilities.flat(), 1)) faults.push('other probabilities');
  const label = outputs.find(({ datatype }) => datatype === 'BYTES' || datatype === 'INT64');
  if (label === undefined) faults.push(`no label among the outputs ${describe(outputs)}`);
  else if (classNames(label.data as string[]) !== classNames(answers.predictions)) faults.push('other labels');
  return faults;
}

function valuesFault(outputs: readonly Output[], predictions: readonly number[]): string | undefined {
  const scale = Math.max(1, ...predictions.map(Math.abs));
  if (outputs.length === 1 && near(outputs[0]!.data, predictions, scale)) return undefined;
  return `other values in ${describe(outputs)}`;
}

const describe = (outputs: readonly Output[]): string =>
  outputs.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(', ')}]`).join(' and ');

const near = (found: readonly unknown[], expected: readonly number[], scale: number): boolean =>
  found.length === expected.length &&
  found.every((value, i) => Math.abs(Number(value) - expected[i]!) <= TOLERANCE * scale);

const Classified = z.strictObject({ results: z.array(z.array(z.tuple([z.string(), z.number()]))) });

async function classifyFaults(exports: ServedExports, name: string, answers: Classification): Promise<string[]> {
  const { results } = Classified.parse(await exports.classify(name, rowsOf(name)));
  const names = classNames(results[0]?.map(([label]) => label));
  const expected = classNames(answers.classes);
  if (names !== expected) return [`classify: the classes are ${names}, expected ${expected}`];
  const scores = results.flat().map(([, score]) => score);
  return near(scores, answers.probabilities.flat(), 1) ? [] : ['classify: other probabilities'];
}
