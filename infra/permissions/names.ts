/** Names of resources in the list of permissions, by their logical ids without the hash. */
const NAMES: Readonly<Record<string, string>> = {
  RegistryTable: 'ledger',
  RegistryArtifacts: 'artifacts',
  LakeData: 'data',
  LakeCaptures: 'captures',
  DataKey: 'key',
  PrivacySecret: 'privacy secret',
  LabelsSecret: 'labels secret',
  EndpointLive: 'endpoint',
  EndpointCaptureStream: 'capture stream',
  EndpointFirewallSecret: 'firewall secret',
  EndpointFunctionPartsLogs: 'log of infer',
  ValidationDrops: 'queue of drops',
  ValidationFunctionPartsLogs: 'log of validate',
  Drift: 'function drift',
  DriftDriftPartsLogs: 'log of drift',
  DriftDeadLetters: 'dead letters of drift',
  DriftGroundTruth: 'function ground-truth',
  DriftGroundTruthPartsLogs: 'log of ground-truth',
  DriftGroundTruthDeadLetters: 'dead letters of ground-truth',
  OnCallTopic: 'alarm topic',
  ReplaysReplay: 'function replay',
  ReplaysReplayPartsLogs: 'log of replay',
  ReplaysReplayDeadLetters: 'dead letters of replay',
  RollbackRollbackPartsLogs: 'log of rollback',
  RollbackDeadLetters: 'dead letters of rollback',
  RollbackAdvance: 'function advance',
  RollbackAdvancePartsLogs: 'log of advance',
  RollbackAdvanceDeadLetters: 'dead letters of advance',
};

/** Beginning of an ARN: partition, region and account are values, or pseudo parameters, as cdk-nag writes them. */
const arnOf = (service: string, rest: string): RegExp => {
  const part = '(?:<[^>]*>|[^:<>]*)';
  return new RegExp(`^arn:${part}:${service}:${part}:${part}:${rest}$`);
};
const DEFAULT_BUS = arnOf('events', 'event-bus/default');

/** ARNs with a reference in the middle. */
const STACK = arnOf('cloudformation', 'stack/Trimtab-.+-([A-Za-z]+)/(.*)');
const API = arnOf('execute-api', '.*EndpointApi[^/]*/(.*)');
const HASH = '[0-9A-F]{8}';
/** `<LogicalId.Arn>` in its own stack, the name of the export in others; what follows is kept. */
const REFERENCES = [
  new RegExp(`^<([A-Za-z0-9]+?)${HASH}(?:\\.[A-Za-z]+)?>(.*)$`),
  new RegExp(`^[^<>:]+:ExportsOutput(?:FnGetAtt|Ref)([A-Za-z0-9]+?)${HASH}(?:[A-Z][A-Za-z]+)?${HASH}((?:[/:].*)?)$`),
];

/**
 * Name of a resource in the list of permissions, followed by the rest of the ARN: `artifacts/baselines/*`.
 *
 * @param resource as cdk-nag writes it
 */
export function resourceNameOf(resource: string): string {
  if (DEFAULT_BUS.test(resource)) return 'default bus';
  const stack = STACK.exec(resource);
  if (stack) return `stack ${stack[1]}/${stack[2]}`;
  const api = API.exec(resource);
  if (api) return `api/${api[1]}`;
  for (const reference of REFERENCES) {
    const [, id, rest] = reference.exec(resource) ?? [];
    if (id !== undefined && NAMES[id] !== undefined) return `${NAMES[id]}${rest}`;
  }
  return resource;
}
