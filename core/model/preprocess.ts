import * as z from 'zod';
import type { Signature, TensorSpec } from './signature.ts';

/**
 * What is done to an input before the graph, because no operator does it: pictures are unpacked to their pixels.
 * Everything else (sizes, scales, order of channels) belongs into the graph, where training and serving cannot differ.
 */
export const Preprocess = z.record(
  z.string(),
  z.strictObject({
    decode: z
      .literal('image')
      .describe(
        'The input takes PNG or JPEG files as bytes, of which it gets the pixels: uint8 [n, height, width, 1 or 3].',
      ),
    maxPixels: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(4_000_000)
      .describe('Most pixels of a picture, width times height: a small file can unpack to more than there is memory.'),
  }),
);
export type Preprocess = z.infer<typeof Preprocess>;

/** What is to be preprocessed is not what the graph takes. */
export class PreprocessError extends Error {
  override readonly name = 'PreprocessError';
}

/** An input as callers send it. */
export interface ExternalTensorSpec extends TensorSpec {
  /** Its strings are bytes, which need not be text: they are carried as base64. */
  readonly bytes?: boolean;
}

/**
 * What callers send and get: the graph's signature, with bytes [n] in place of each picture.
 *
 * @throws PreprocessError when an input is none of the graph's, or takes no pixels
 */
export function externalSignature(
  signature: Signature,
  preprocess: Preprocess,
): Signature & { readonly inputs: ExternalTensorSpec[] } {
  for (const name of Object.keys(preprocess)) {
    const spec = signature.inputs.find((input) => input.name === name);
    if (spec === undefined)
      throw new PreprocessError(
        `preprocess names input ${name}, but the graph takes ${signature.inputs.map((input) => input.name).join(', ')}`,
      );
    const [, , , channels] = spec.shape;
    if (spec.type !== 'uint8' || spec.shape.length !== 4 || (channels !== 1 && channels !== 3))
      throw new PreprocessError(
        `input ${name} takes ${spec.type} [${spec.shape}], the pixels of a picture are uint8 [n, height, width, 1 or 3]`,
      );
  }
  return {
    ...signature,
    inputs: signature.inputs.map((spec) =>
      Object.hasOwn(preprocess, spec.name) ? { name: spec.name, type: 'string', shape: [-1], bytes: true } : spec,
    ),
  };
}
