import { advance } from './advance/trigger.ts';
import { drift } from './drift/trigger.ts';
import type { FunctionSpec } from './function-spec.ts';
import { groundTruth } from './ground-truth/trigger.ts';
import { infer } from './infer/trigger.ts';
import { replay } from './replay/trigger.ts';
import { rollback } from './rollback/trigger.ts';
import { validate } from './validate/trigger.ts';

/** All functions. */
export const FUNCTIONS: readonly FunctionSpec[] = [infer, validate, drift, groundTruth, replay, advance, rollback];
