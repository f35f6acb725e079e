import { endWithChannel, exitWithParent } from '../../platform/exit-with-parent.ts';
import type { Home } from '../../platform/ports.ts';
import { type Serving, type ServingOptions, startServing } from '../server.ts';
import type { FromServing, ToServing } from './messages.ts';

/** Interval of the heartbeat; milliseconds. */
const BEAT_MS = 500;
/** Longest time for which one of several processes does not listen, because it loads models; milliseconds. */
const LISTEN_AFTER_MS = 10_000;

/**
 * Answers requests as one of the child processes of the `Supervisor`. It ignores SIGINT and SIGTERM, which a terminal
 * sends to all processes of the group: the supervisor alone acts on them and tells its children to drain.
 *
 * @returns after it has drained
 */
export async function serveUnderSupervision(
  home: () => Promise<Home>,
  options: Omit<ServingOptions, 'home' | 'allMetrics' | 'onRequest'>,
): Promise<void> {
  exitWithParent();
  // Nobody else would stop it, deal it connections or replace it.
  endWithChannel(1, () => options.log(`process ${process.pid} ends, because its supervisor is gone`));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const tell = (message: FromServing): void => {
    if (process.connected) process.send!(message, () => undefined);
  };
  let lastBeat = performance.now();
  const beat = (): void => {
    const now = performance.now();
    if (now - lastBeat < BEAT_MS / 2) return;
    lastBeat = now;
    tell({ kind: 'beat' });
  };
  const beating = setInterval(beat, BEAT_MS);
  let serving: Serving | undefined;
  let lost = 0;
  let lastId = 0;
  const wanted = new Map<number, (text: string) => void>();
  await new Promise<void>((resolve, reject) => {
    let draining = false;
    const drain = (): void => {
      if (draining) return;
      draining = true;
      (serving === undefined ? Promise.resolve() : serving.drain()).then(resolve, reject);
    };
    process.on('message', (message: ToServing) => {
      if (message.kind === 'drain') drain();
      else if (message.kind === 'lost') {
        lost = message.processes;
        if (serving !== undefined) serving.health.lostProcesses = lost;
      } else if (message.kind === 'tell-metrics')
        void (serving?.metrics() ?? Promise.resolve('')).then((text) =>
          tell({ kind: 'metrics', id: message.id, text }),
        );
      else if (message.kind === 'all-metrics') {
        wanted.get(message.id)?.(message.text);
        wanted.delete(message.id);
      }
    });
    const allMetrics = (): Promise<string> =>
      new Promise((give) => {
        wanted.set(++lastId, give);
        tell({ kind: 'want-metrics', id: lastId });
      });
    home()
      .then((opened) =>
        startServing({
          ...options,
          home: opened,
          allMetrics,
          onRequest: beat,
          // Alone it is all that answers health checks.
          listenAfterMs: options.settings.processes > 1 ? LISTEN_AFTER_MS : undefined,
        }),
      )
      .then((started) => {
        serving = started;
        serving.health.lostProcesses = lost;
        tell({ kind: 'up', url: started.url, ...(started.grpc === undefined ? {} : { grpc: started.grpc }) });
      })
      .catch(reject);
  }).finally(() => clearInterval(beating));
}
