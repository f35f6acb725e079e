import type { AlarmDefinition } from '../core/alarms/alarm.ts';

/**
 * What triggers a function, as data (`functions/<name>/trigger.ts`). The constructs create AWS resources from it and the
 * local runtime follows it, so that both have the same triggers.
 */
export type Trigger =
  /** Every HTTP request to the endpoint. */
  | { readonly kind: 'http' }
  /** An object created under a prefix of the data bucket, through a queue. */
  | { readonly kind: 'object-created'; readonly prefix: string }
  /** A fixed rate. `monitoring.drift.everyMinutes` of a manifest narrows it per model. */
  | { readonly kind: 'schedule'; readonly everySeconds: number }
  /** An alarm with one of these actions goes into ALARM. */
  | { readonly kind: 'alarm'; readonly actions: readonly AlarmDefinition['action'][] };

/** Name, triggers and resources of a function. */
export interface FunctionSpec {
  /** Name of the function and of its folder. */
  readonly name: string;
  /** What the function does, in a few words. */
  readonly description: string;
  /** What triggers it. */
  readonly triggers: readonly Trigger[];
  /** Memory, in MB. */
  readonly memoryMb: number;
  /** Size of the temporary folder, in MB. @default 512 */
  readonly temporaryMb?: number;
  /** Time limit of a run, in seconds. */
  readonly timeoutSeconds: number;
  /** Layers with the native libraries that it needs. */
  readonly layers: readonly ('onnxruntime' | 'duckdb')[];
}
