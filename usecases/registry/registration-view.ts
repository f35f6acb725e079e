import * as z from 'zod';
import { ModelVersion } from '../../core/registry/version.ts';
import { SideBySide } from '../../core/replay/side-by-side.ts';

/** A version that was registered, now or before. */
export const RegistrationView = ModelVersion.extend({
  existed: z.boolean().describe('Whether graph, manifest and baseline were registered before: then nothing was done.'),
  beside: SideBySide.nullable().describe(
    'What it and the champion said about the same rows; null where nothing was compared.',
  ),
  remarks: z.array(z.string()).describe('What is worth a look about the model, in sentences.'),
});
export type RegistrationView = z.infer<typeof RegistrationView>;
