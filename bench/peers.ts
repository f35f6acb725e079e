import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { freePort, type Server, type StartOptions, start } from './serving.ts';

/** What the server is measured against: the same model, one process, one thread of ONNX Runtime. */
export interface Peer {
  readonly name: string;
  /** Why it is not measured: what has not been installed; undefined when it can be. */
  readonly missing: string | undefined;
  /** @param model name that requests call it by */
  start(file: string, model: string, options: StartOptions): Promise<Server>;
}

const FOLDER = 'bench/peers';

/** The least that Node does for a run: how far a server in Node could get. */
export const BARE: Peer = {
  name: 'bare Node',
  missing: undefined,
  start: (file, _model, options) =>
    start(process.execPath, () => [path.join(FOLDER, 'bare.cjs')], {
      ...options,
      env: (port) => ({ MODEL: file, PORT: String(port) }),
    }),
};

export const FASTAPI: Peer = {
  name: 'FastAPI',
  missing: missingPeer('fastapi'),
  start: (file, _model, options) =>
    start(
      programOf('fastapi', 'uvicorn'),
      (port) => ['fastapi_app:app', '--port', String(port), '--loop', 'uvloop', '--http', 'httptools', ...QUIET],
      { ...options, cwd: FOLDER, env: () => ({ ...PYTHON, MODEL: file }) },
    ),
};

const QUIET = ['--no-access-log', '--log-level', 'warning'];

/** Zero workers: it runs models in the process that answers, as the others do. */
export const MLSERVER: Peer = {
  name: 'MLServer',
  missing: missingPeer('mlserver'),
  start: async (file, model, options) => {
    const [grpc, metrics] = [await freePort(), await freePort()];
    return start(programOf('mlserver', 'mlserver'), () => ['start', path.resolve(FOLDER)], {
      ...options,
      cwd: FOLDER,
      env: (port) => ({
        ...PYTHON,
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(port),
        MLSERVER_GRPC_PORT: String(grpc),
        MLSERVER_METRICS_PORT: String(metrics),
        MLSERVER_PARALLEL_WORKERS: '0',
        // Among other things a line for every request.
        MLSERVER_DEBUG: 'false',
        MLSERVER_MODEL_NAME: model,
        MLSERVER_MODEL_URI: file,
        MLSERVER_MODEL_IMPLEMENTATION: 'onnx_runtime.OnnxRuntime',
      }),
    });
  },
};

const PYTHON = { PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: '.' };

/** wrk, without which nothing is measured. */
export function missingLoad(): string | undefined {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'wrk is not installed (Debian: apt-get install wrk)';
  }
}

/** A program of a peer's environment. */
export function programOf(environment: string, program: string): string {
  return path.resolve('.cache/peers', environment, 'bin', program);
}

/** Why a peer is not measured; undefined when it can be. */
export function missingPeer(environment: string): string | undefined {
  return existsSync(programOf(environment, 'python'))
    ? undefined
    : `skipped: it is not installed in .cache/peers/${environment}, see bench/peers/README.md`;
}
