/** The constructs, for other CDK apps. */
export { DeploymentConfig, readConfig } from './config.ts';
export { DataLake, type DataLakeProps } from './constructs/data-lake.ts';
export { DataValidation, type DataValidationProps } from './constructs/data-validation.ts';
export { DriftDetection, type DriftDetectionProps } from './constructs/drift-detection.ts';
export { ModelEndpoint, type ModelEndpointProps } from './constructs/model-endpoint.ts';
export { ModelMonitoring, type ModelMonitoringProps } from './constructs/model-monitoring.ts';
export { type IModelRegistry, ModelRegistry, type ModelRegistryProps } from './constructs/model-registry.ts';
export { PredictionCapture, type PredictionCaptureProps } from './constructs/prediction-capture.ts';
export { RollbackController, type RollbackControllerProps } from './constructs/rollback-controller.ts';
export { type DeployedModel, deployedModel } from './model-folder.ts';
export { addTrimtab } from './trimtab-app.ts';
