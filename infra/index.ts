/** The constructs, for other CDK apps. What is exported here is the package's public API (docs/api). */
export type { AlarmDefinition } from '../core/alarms/alarm.ts';
export type { FunctionSpec, Trigger } from '../functions/function-spec.ts';
export { addTrimtab, type TrimtabDeployment } from './add-trimtab.ts';
export { DeploymentConfig } from './config.ts';
export { DataKey, type DataKeyProps } from './constructs/data-key.ts';
export { DataLake, type DataLakeAttributes, type DataLakeProps, type IDataLake } from './constructs/data-lake.ts';
export { DataValidation, type DataValidationProps, type IDataValidation } from './constructs/data-validation.ts';
export { DeadLetterQueue, type DeadLetterQueueProps } from './constructs/dead-letter-queue.ts';
export { DriftDetection, type DriftDetectionProps, type IDriftDetection } from './constructs/drift-detection.ts';
export { EncryptedBucket, type EncryptedBucketProps } from './constructs/encrypted-bucket.ts';
export type { EndpointRole, RoleAuthorizers } from './constructs/endpoint-authorizers.ts';
export type { EndpointDomain } from './constructs/endpoint-domain.ts';
export type { FunctionOptions } from './constructs/function-options.ts';
export { type ILabelsSecret, LabelsSecret, type LabelsSecretProps } from './constructs/labels-secret.ts';
export { LakeTables, type LakeTablesProps } from './constructs/lake-tables.ts';
export { type IModelEndpoint, ModelEndpoint, type ModelEndpointProps } from './constructs/model-endpoint.ts';
export { ModelMonitoring, type ModelMonitoringProps } from './constructs/model-monitoring.ts';
export {
  type IModelRegistry,
  ModelRegistry,
  type ModelRegistryAttributes,
  type ModelRegistryProps,
  RegistryBase,
} from './constructs/model-registry.ts';
export { OnCall, type OnCallProps } from './constructs/on-call.ts';
export { OverviewDashboard, type OverviewDashboardProps } from './constructs/overview-dashboard.ts';
export { PredictionCapture, type PredictionCaptureProps } from './constructs/prediction-capture.ts';
export { type IPrivacySecret, PrivacySecret, type PrivacySecretProps } from './constructs/privacy-secret.ts';
export { type IReleaseReplay, ReleaseReplay, type ReleaseReplayProps } from './constructs/release-replay.ts';
export { ReplayRole, type ReplayRoleProps } from './constructs/replay-role.ts';
export {
  type IRollbackController,
  RollbackController,
  type RollbackControllerProps,
} from './constructs/rollback-controller.ts';
export { setRunbookUrl } from './constructs/runbook.ts';
export { RunbookAlarm, type RunbookAlarmProps } from './constructs/runbook-alarm.ts';
export {
  type IScheduledFunction,
  ScheduledFunction,
  type ScheduledFunctionProps,
} from './constructs/scheduled-function.ts';
export { type ITrimtabFunction, TrimtabFunction, type TrimtabFunctionProps } from './constructs/trimtab-function.ts';
export { WriteOnceBucket, type WriteOnceBucketProps } from './constructs/write-once-bucket.ts';
export { ConfigError, readEnvironments } from './environments.ts';
export { type DeployedModel, deployedModel } from './model-folder.ts';
export type { ProvisionedConcurrency, ProvisionedSchedule } from './scaling/check.ts';
export { ScalingError } from './scaling/must-scale.ts';
