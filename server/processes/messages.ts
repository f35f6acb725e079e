/** What a process that answers tells the one that watches over all of them. */
export type FromServing =
  /** It listens, and has opened its models. */
  | { readonly kind: 'up'; readonly url: string; readonly grpc?: string }
  /** It is alive. */
  | { readonly kind: 'beat' }
  /** Somebody wants the metrics of all processes. */
  | { readonly kind: 'want-metrics'; readonly id: number }
  /** Its own metrics, in Prometheus' text format. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

export type ToServing =
  | { readonly kind: 'drain' }
  /** How many of the other processes are being replaced. */
  | { readonly kind: 'lost'; readonly processes: number }
  | { readonly kind: 'tell-metrics'; readonly id: number }
  | { readonly kind: 'all-metrics'; readonly id: number; readonly text: string };
