import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../../core/model/names.ts';
import { QualitySummary } from '../quality/quality-summary.ts';

/** One model, in a line. */
export const ListedModel = z.strictObject({
  model: ModelName,
  champion: VersionNumber.nullable().describe('The version that serves; null before the first release.'),
  challengers: z.array(VersionNumber).describe('Versions that share the traffic with it.'),
  shadow: VersionNumber.nullable().describe('The version that gets a copy of the traffic.'),
  latest: z.int().min(0).describe('Highest version that is registered.'),
  since: Instant.nullable().describe('When the traffic last changed hands; null before the first release.'),
  changed: Instant.describe('When anything last happened to it.'),
  quality: QualitySummary.nullable().describe('How good the champion was; null where nothing is known of that.'),
  unread: z.string().nullable().describe('Why its quality cannot be read; null where it was.'),
});
export type ListedModel = z.infer<typeof ListedModel>;

/** The models of a home. */
export const ListView = z.strictObject({
  home: z.string().describe('Where they are kept.'),
  models: z.array(ListedModel).describe('By name.'),
});
export type ListView = z.infer<typeof ListView>;
