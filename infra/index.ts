/** The constructs, for other CDK apps. What is exported here is the package's public API (docs/api). */
export { AlarmDefinition } from '../core/alarms/alarm.ts';
export type { FunctionSpec, Trigger } from '../functions/function-spec.ts';
export { addTrimtab, type TrimtabDeployment } from './add-trimtab.ts';
export { DeploymentConfig } from './config.ts';
export { DataKey, type DataKeyProps, letServicesIn } from './constructs/data-key.ts';
export { DataLake, type DataLakeAttributes, type DataLakeProps, type IDataLake } from './constructs/data-lake.ts';
export { DataValidation, type DataValidationProps } from './constructs/data-validation.ts';
export { DeadLetterQueue, type DeadLetterQueueProps } from './constructs/dead-letter-queue.ts';
export { DriftDetection, type DriftDetectionProps } from './constructs/drift-detection.ts';
export { EncryptedBucket, type EncryptedBucketProps } from './constructs/encrypted-bucket.ts';
export { LabelsSecret, type LabelsSecretProps } from './constructs/labels-secret.ts';
export { ModelEndpoint, type ModelEndpointProps } from './constructs/model-endpoint.ts';
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
export { PrivacySecret, type PrivacySecretProps } from './constructs/privacy-secret.ts';
export { ReleaseReplay, type ReleaseReplayProps } from './constructs/release-replay.ts';
export { ReplayRole, type ReplayRoleProps } from './constructs/replay-role.ts';
export { RollbackController, type RollbackControllerProps } from './constructs/rollback-controller.ts';
export { setRunbookUrl } from './constructs/runbook.ts';
export { RunbookAlarm, type RunbookAlarmProps } from './constructs/runbook-alarm.ts';
export { ScheduledFunction } from './constructs/scheduled-function.ts';
export { TrimtabFunction, type TrimtabFunctionProps } from './constructs/trimtab-function.ts';
export { WriteOnceBucket, type WriteOnceBucketProps } from './constructs/write-once-bucket.ts';
export { ConfigError, readEnvironments } from './environments.ts';
export { type DeployedModel, deployedModel } from './model-folder.ts';
export type { ProvisionedConcurrency, ProvisionedSchedule } from './scaling/check.ts';
export { ScalingError } from './scaling/must-scale.ts';
