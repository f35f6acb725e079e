import type { AlarmDefinition } from '../core/alarms/alarm.ts';

/**
 * What sets a function off, as data beside it (`functions/<name>/trigger.ts`): the constructs make AWS resources of
 * it, the local runtime does the same by itself, so that the two cannot disagree.
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

/** How a function is run: read by the constructs; the local runtime takes `timeoutSeconds` from it. */
export interface FunctionSpec {
  /** Name, and that of its folder. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly description: string;
  /** What sets it off. */
  readonly triggers: readonly Trigger[];
  /** Memory, in MB. */
  readonly memoryMb: number;
  /** Space under the temporary folder, MB. @default 512 */
  readonly temporaryMb?: number;
  /** Longest run, in seconds. */
  readonly timeoutSeconds: number;
  /** Layers that hold its native libraries. */
  readonly layers: readonly ('onnxruntime' | 'duckdb')[];
}
