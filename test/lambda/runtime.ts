import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PinnedPackage } from '../../platform/packages/pinned-package.ts';
import { fetchedPackage } from '../../scripts/build/fetched-package.ts';
import { LAMBDA_NODE } from '../../scripts/build/lambda-runtime.ts';

/** The runtime that the constructs have to declare for the Node that functions are compiled by. */
export const LAMBDA_RUNTIME = `nodejs${LAMBDA_NODE.version.split('.')[0]}.x`;

/** AWS's own runtime interface client: what /var/runtime/index.mjs is on Lambda. */
const INTERFACE_CLIENT: PinnedPackage = {
  name: 'aws-lambda-ric',
  version: '4.0.2',
  integrity: 'sha512-FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==',
  files: ['index.mjs', 'package.json', 'LICENSE'],
};

/** Folder of that client. @throws PackageUnavailable */
export const interfaceClient = (): string => fetchedPackage(INTERFACE_CLIENT);

/**
 * Lays out /var/runtime: the client, unchanged, and in the place of its native part a folder of that name, which Node
 * loads as a module.
 */
export function layOutRuntime(folder: string): void {
  cpSync(interfaceClient(), folder, { recursive: true });
  const native = path.join(folder, 'rapid-client.node');
  mkdirSync(native);
  writeFileSync(path.join(native, 'package.json'), '{"type":"commonjs","main":"index.cjs"}');
  cpSync(path.join(import.meta.dirname, 'rapid-client.cjs'), path.join(native, 'index.cjs'));
}

/** Where a function finds things; inside a sandbox as on Lambda, without one wherever they are. */
export interface Places {
  readonly task: string;
  readonly opt: string;
  readonly runtime: string;
  readonly node: string;
  readonly tmp: string;
}

/** The places that Lambda gives. */
export const LAMBDA_PLACES: Places = {
  task: '/var/task',
  opt: '/opt',
  runtime: '/var/runtime',
  node: '/var/lang/bin/node',
  tmp: '/tmp',
};

export interface RuntimeIdentity {
  readonly name: string;
  readonly memoryMb: number;
  /** Host and port of the runtime API. */
  readonly api: string;
}

/** The variables that Lambda sets, and no others: there is no HOME. */
export function lambdaVariables({ name, memoryMb, api }: RuntimeIdentity, places: Places): Record<string, string> {
  const { task, opt, runtime } = places;
  const modules = ['nodejs/node24/node_modules', 'nodejs/node_modules'].map((folder) => path.join(opt, folder));
  return {
    _HANDLER: 'index.handler',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_EXECUTION_ENV: `AWS_Lambda_${LAMBDA_RUNTIME}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '7',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/12/[7]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: api,
    AWS_REGION: 'eu-central-1',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    LAMBDA_RUNTIME_DIR: runtime,
    LAMBDA_TASK_ROOT: task,
    LANG: 'en_US.UTF-8',
    LD_LIBRARY_PATH: ['/lib64', '/usr/lib64', runtime, `${runtime}/lib`, task, `${task}/lib`, `${opt}/lib`].join(':'),
    NODE_PATH: [...modules, `${runtime}/node_modules`, runtime, task].join(':'),
    PATH: `/var/lang/bin:/usr/local/bin:/usr/bin:/bin:${opt}/bin`,
    TZ: ':UTC',
    // Lambda's temporary folder is /tmp, where everybody looks when nothing is said.
    ...(places.tmp === LAMBDA_PLACES.tmp ? {} : { TMPDIR: places.tmp }),
  };
}
