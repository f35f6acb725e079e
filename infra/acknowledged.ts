import type { App } from 'aws-cdk-lib';

/** Findings of cdk-nag that stand, each with its reason. */
export function acknowledgeFindings(_app: App): void {}
