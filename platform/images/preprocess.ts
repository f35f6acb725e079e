import type { Contract } from '../../core/contract/contract.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { plainTensor } from '../../core/contract/plain-tensor.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { Preprocess } from '../../core/model/preprocess.ts';
import type { Signature } from '../../core/model/signature.ts';
import { blankPng } from './png.ts';

export type Inputs = ReadonlyMap<string, RawTensor>;

/** Turns what callers sent into what the graph takes. @throws InputError */
export type Preprocessor = (inputs: Inputs) => Inputs;

/**
 * Compiles what a manifest wants done before the graph; nothing for most models. The code that unpacks pictures is
 * loaded for those only that take some.
 */
export async function compilePreprocess(signature: Signature, preprocess: Preprocess): Promise<Preprocessor> {
  const wanted = signature.inputs.flatMap(({ name, shape }) => {
    const own = ownValue(preprocess, name);
    return own === undefined ? [] : [{ name, channels: shape[3] as 1 | 3, maxPixels: own.maxPixels }];
  });
  if (wanted.length === 0) return (inputs) => inputs;
  const { decodeImage, ImageError } = await import('./decode.ts');
  return (inputs) => {
    const prepared = new Map(inputs);
    for (const { name, ...options } of wanted) {
      const pictures = Array.from(inputs.get(name)!.data, (element, row) => {
        if (typeof element !== 'string')
          throw new InputError(`input ${name}: element ${row} is no bytes, expected a PNG or JPEG file`);
        try {
          return decodeImage(Buffer.from(element, 'base64'), options);
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
          throw new InputError(`input ${name}: element ${row} is ${error.message}`, { cause: error });
        }
      });
      prepared.set(name, stacked(name, pictures, options.channels));
    }
    return prepared;
  };
}

/** A blank picture, of a size that the contract allows, for each input that takes files. */
export const examplePictures = (
  { inputs }: Signature,
  { tensors }: Pick<Contract, 'tensors'>,
  preprocess: Preprocess,
): [string, RawTensor][] =>
  inputs
    .filter(({ name }) => Object.hasOwn(preprocess, name))
    .map((spec) => {
      const rule = tensors.find(({ name }) => name === spec.name);
      const [, height, width] = plainTensor(spec, rule).shape;
      return [spec.name, { shape: [1], data: [Buffer.from(blankPng(width!, height!)).toString('base64')] }];
    });

/** Pictures of one size as one tensor. */
function stacked(
  name: string,
  pictures: readonly { readonly width: number; readonly height: number; readonly data: Uint8Array }[],
  channels: number,
): RawTensor {
  const [first] = pictures;
  if (first === undefined) throw new InputError(`input ${name}: a request needs at least one picture`);
  const { width, height } = first;
  const odd = pictures.findIndex((picture) => picture.width !== width || picture.height !== height);
  if (odd !== -1)
    throw new InputError(
      `input ${name}: picture ${odd} has ${pictures[odd]!.width} x ${pictures[odd]!.height} pixels, picture 0 has ` +
        `${width} x ${height}: pictures of several sizes go in requests of their own`,
    );
  const data = new Uint8Array(pictures.length * first.data.length);
  for (const [i, picture] of pictures.entries()) data.set(picture.data, i * first.data.length);
  return { shape: [pictures.length, height, width, channels], data };
}
