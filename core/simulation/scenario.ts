import type * as z from 'zod';
import { ScenarioFields } from './scenario-fields.ts';
import { contradictions } from './scenario-rules.ts';

/** A scenario whose parts fit each other. */
export const Scenario = ScenarioFields.superRefine((scenario, context) => {
  for (const { path, message } of contradictions(scenario))
    context.addIssue({ code: 'custom', path: [...path], message });
});
export type Scenario = z.infer<typeof Scenario>;
