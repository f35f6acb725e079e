import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { ModelLossReason } from '../../platform/onnx/errors.ts';
import type { RunPause } from '../../platform/onnx/model.ts';
import type { Pause } from '../lib/circuit-breaker.ts';
import type { PooledModel } from './pooled-model.ts';

/** Why a model pauses, for whoever asks. */
export const PAUSE_REASONS: Readonly<Record<ModelLossReason, string>> = {
  time: 'a run of it has not ended in time',
  memory: 'a run of it took more memory than it may, or than there is',
  crash: 'a run of it has ended its process',
};

/** A pause as endpoints report it. */
export const pauseOf = (pause: Pause | undefined): RunPause | undefined =>
  pause && {
    reason: pause.reason,
    failures: pause.failures,
    retryInSeconds: Math.max(0, Math.ceil((pause.until - performance.now()) / 1_000)),
  };

/** What callers are told of a model that pauses. */
export const paused = ({ title }: PooledModel, pause: Pause): ProtocolError => {
  const { reason, failures, retryInSeconds } = pauseOf(pause)!;
  const often = failures > 1 ? `, ${failures} times in a row` : '';
  return new ProtocolError(503, `${title} pauses: ${reason}${often}; try again in ${Math.max(1, retryInSeconds)} s`, {
    retryAfterSeconds: Math.max(1, retryInSeconds),
  });
};
