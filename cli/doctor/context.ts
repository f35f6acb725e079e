import type { EndpointProbe, Home } from '../../platform/ports.ts';
import type { Registry } from '../../usecases/registry/registry.ts';

/** What checks of either home go by. */
export interface HomeContext {
  readonly home: Home;
  readonly registry: Registry;
  /** Names of all models. */
  readonly models: readonly string[];
  /** The running endpoint; why there is none, else. */
  readonly probe: EndpointProbe | { readonly absent: string; readonly remedy: string };
}
