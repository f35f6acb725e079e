import { boolean } from './boolean.ts';
import { float } from './float.ts';
import { integer } from './integer.ts';
import { string } from './string.ts';
import type { FeatureType, ValueType } from './value-type.ts';

/** What a value of each type is. */
export const VALUE_TYPES: Readonly<Record<FeatureType, ValueType>> = { float, integer, string, boolean };
