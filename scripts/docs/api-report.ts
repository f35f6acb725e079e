// The public API of the package: its declarations as one file, and the report and the page that say what it is.
// `npm run api` writes report and page; building the package holds the API against them.

import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { ApiModel } from '@microsoft/api-extractor-model';
import { isMain } from '../lib/is-main.ts';
import { apiPage, propsWithoutDefault, withoutExample } from './api-page.ts';

/** The API is not as reported, or has members without a docstring. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
}

/**
 * Writes the declarations as one file, and compares the API with its report and page.
 *
 * @param project folder of api-extractor.json, with the declarations that tsc has made
 * @param accept write report and page anew rather than compare
 * @throws ApiError
 */
export async function checkApi(project: string, accept: boolean): Promise<void> {
  const config = ExtractorConfig.loadFileAndPrepare(path.join(project, 'api-extractor.json'));
  const { succeeded, apiReportChanged } = Extractor.invoke(config, {
    localBuild: accept,
    messageCallback: (message) => {
      // What it says of the report is said below, with what to do in this project.
      if (message.category === 'console') message.handled = true;
    },
  });
  const api = new ApiModel().loadPackage(config.apiJsonFilePath);
  const page = path.join(project, 'docs', 'api', 'README.md');
  if (accept) await writeFile(page, apiPage(api));
  else if (apiReportChanged || (await readFile(page, 'utf8').catch(() => '')) !== apiPage(api))
    throw new ApiError(
      'the public API is not what docs/api/ says: `npm run api` shows how it changed (git diff docs/api) and accepts it',
    );
  const undefaulted = propsWithoutDefault(api);
  if (undefaulted.length > 0)
    throw new ApiError(`optional props must say @default in their docstrings: ${undefaulted.join(', ')}`);
  const exampleless = withoutExample(api);
  if (exampleless.length > 0)
    throw new ApiError(`classes and functions must have an @example: ${exampleless.join(', ')}`);
  if (!succeeded) throw new ApiError('the public API has the faults listed above');
}

/** Makes the declarations, dist/lib/index.d.cts, and checks them. @throws ApiError */
export async function declareApi({ accept = false } = {}): Promise<void> {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.api.json'], {
    stdio: 'inherit',
  });
  await checkApi('.', accept);
}

if (isMain(import.meta.url)) await declareApi({ accept: true });
