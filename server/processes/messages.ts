/** Messages of a child process to the supervisor. */
export type FromServing =
  /** It listens and has loaded its models. */
  | { readonly kind: 'up'; readonly url: string; readonly grpc?: string }
  /** Heartbeat. */
  | { readonly kind: 'beat' }
  /** It was asked for the metrics of all processes. */
  | { readonly kind: 'want-metrics'; readonly id: number }
  /** Its own metrics, in Prometheus' text format. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

/** Messages of the supervisor to a child process. */
export type ToServing =
  | { readonly kind: 'drain' }
  /** Number of processes that are being restarted. */
  | { readonly kind: 'lost'; readonly processes: number }
  | { readonly kind: 'tell-metrics'; readonly id: number }
  | { readonly kind: 'all-metrics'; readonly id: number; readonly text: string };
