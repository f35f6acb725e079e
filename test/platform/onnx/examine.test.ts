import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelLoadError } from '../../../platform/onnx/errors.ts';
import { type ExaminationLimits, withExamined } from '../../../platform/onnx/examine.ts';
import { loadModel } from '../../../platform/onnx/model.ts';
import { type Element, floats, integers, node, tensor, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, externalTensor, type ModelFrame, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

let root: string;
/** The folder of the models; what lies beside it is none of theirs. */
let folder: string;
beforeAll(async () => {
  root = temporaryFolder('examine');
  folder = path.join(root, 'model');
  await mkdir(folder);
  await writeFile(path.join(folder, 'weights.bin'), Float32Array.from([9, 1, 2]));
  await writeFile(path.join(root, 'secret.bin'), Float32Array.from([1, 2]));
  await symlink('../secret.bin', path.join(folder, 'link.bin'));
  await mkdir(path.join(folder, 'sub'));
});

async function written(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, `${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.onnx`);
  await writeFile(file, bytes);
  return file;
}
const examine = async (bytes: Uint8Array) =>
  withExamined(await written(bytes), async (examined) => ({ ...examined, bytes: await readFile(examined.file) }));
const identity = (element: Element, frame?: ModelFrame, operator = 'Identity', domain = '') =>
  model(
    encodeGraph('g', {
      nodes: [node({ name: operator, domain }, ['x'], ['y'])],
      inputs: [value('x', element, ['n', 2])],
      outputs: [value('y', element, ['n', 2])],
    }),
    frame,
  );
/** Adds a constant that lies elsewhere, directly or within a branch. */
const adding = (entries: Record<string, string>, nested = false) => {
  const constant = externalTensor('c', 'float32', [2], entries);
  const branch = (name: string) =>
    encodeGraph(name, {
      nodes: [
        node('Constant', [], [`${name}_c`], { value: { tensor: constant } }),
        node('Add', ['x', `${name}_c`], [`${name}_y`]),
      ],
      inputs: [],
      outputs: [value(`${name}_y`, 'float32', ['n', 2])],
    });
  return model(
    encodeGraph('g', {
      nodes: nested
        ? [
            node('Constant', [], ['yes'], { value: { tensor: tensor('', 'bool', [], Uint8Array.of(1)) } }),
            node('If', ['yes'], ['y'], { then_branch: { graph: branch('a') }, else_branch: { graph: branch('b') } }),
          ]
        : [node('Add', ['x', 'c'], ['y'])],
      constants: nested ? [] : [constant],
      inputs: [value('x', 'float32', ['n', 2])],
      outputs: [value('y', 'float32', ['n', 2])],
    }),
  );
};

describe('withExamined', () => {
  it('reads what a model takes and gives', async () => {
    const { signature, inspection } = await examine(identity('float16'));
    expect(signature.inputs).toEqual([{ name: 'x', type: 'float16', shape: [-1, 2] }]);
    expect(inspection.inputs).toEqual([{ name: 'x', kind: 'tensor', element: 'float16', shape: [-1, 2] }]);
  });

  it.each([
    ['bf16', identity('bfloat16'), /input x is of bfloat16, allowed are float32, /],
    ['int4', identity('int4', { opsets: { '': 21 }, irVersion: 10 }), /input x is of int4, allowed are/],
    [
      'an opset newer than the runtime’s',
      identity('float32', { opsets: { '': 27 } }),
      /version 27 of the operators ai\.onnx, at most 26/,
    ],
    [
      'newer operators of trees',
      identity('float32', { opsets: { '': 17, 'ai.onnx.ml': 6 } }),
      /version 6 of the operators ai\.onnx\.ml, at most 5/,
    ],
    ['a newer file format', identity('float32', { irVersion: 14 }), /IR version 14, at most 13/],
    [
      'custom operators',
      identity('float32', { opsets: { '': 17, 'com.example': 1 } }, 'Mine', 'com.example'),
      /custom operators com\.example:Mine, allowed are those of/,
    ],
    [
      'a graph compiled for other hardware',
      identity('float32', { opsets: { '': 17, 'com.microsoft': 1 } }, 'EPContext', 'com.microsoft'),
      /EPContext/,
    ],
    ['operators that do not exist', identity('float32', {}, 'NoSuchThing'), /NoSuchThing/],
    ['what is no model', new TextEncoder().encode('this is no model'), /is no ONNX model: it is a file of text/],
    ['an empty file', new Uint8Array(), /there is no graph in it/],
  ])('refuses %s, and says what it found and what is allowed', async (_, bytes, message) => {
    await expect(examine(bytes)).rejects.toThrow(message);
  });

  it('ends the process in which a graph computes its constants for longer, or in more memory, than it may', async () => {
    // A product of two constants of 576 MB, which takes a minute.
    const bytes = model(
      encodeGraph('g', {
        nodes: [
          node('Expand', ['one', 'size'], ['a']),
          node('MatMul', ['a', 'a'], ['b']),
          node('ReduceMax', ['b'], ['c'], { keepdims: 0 }),
          node('Add', ['x', 'c'], ['y']),
        ],
        constants: [floats('one', [1], [1]), integers('size', [2], [12_000, 12_000])],
        inputs: [value('x', 'float32', ['n', 1])],
        outputs: [value('y', 'float32', ['n', 1])],
      }),
    );
    const file = await written(bytes);
    const within = (limits: ExaminationLimits) => withExamined(file, async ({ signature }) => signature, limits);
    const opened = `${file} does not survive being opened, when ONNX Runtime computes what is constant in it`;
    await expect(within({ seconds: 0.2 })).rejects.toThrow(
      new ModelLoadError(`${opened}: the model was lost: it has not answered within 0.2 s`),
    );
    await expect(within({ memoryMb: 300 })).rejects.toThrow(
      new ModelLoadError(`${opened}: the model was lost: its process took more than the 300 MB that it may have`),
    );
  });

  it('opens it anew with other threads, in the same process', async () => {
    await withExamined(await written(identity('float32')), async ({ open }) => {
      const x = { type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
      for (const threads of [1, 2, 2]) expect((await (await open(threads)).run({ x })).y!.data).toEqual(x.data);
    });
  });

  it('refuses a model that gives no tensor, and says how to get one', async () => {
    const bytes = model(
      encodeGraph('g', {
        nodes: [node('SequenceConstruct', ['x'], ['y'])],
        inputs: [value('x', 'float32', [2])],
        // A ValueInfoProto of a sequence: name, then type {sequence_type {elem_type {tensor_type {elem_type 1}}}}.
        outputs: [Uint8Array.of(0x0a, 1, 0x79, 0x12, 8, 0x22, 6, 0x0a, 4, 0x0a, 2, 0x08, 1)],
      }),
    );
    await expect(examine(bytes)).rejects.toThrow(
      /gives no tensor: output y is a sequence of tensors, expected a tensor .*estimators_/,
    );
  });

  it.each(['input', 'output'])('refuses an %s that is named like the prototype of an object', async (which) => {
    const [x, y] = which === 'input' ? ['__proto__', 'y'] : ['x', '__proto__'];
    const odd = model(
      encodeGraph('g', {
        nodes: [node('Identity', [x], [y])],
        inputs: [value(x, 'float32', ['n', 2])],
        outputs: [value(y, 'float32', ['n', 2])],
      }),
    );
    await expect(examine(odd)).rejects.toThrow(`it has an ${which} __proto__, which is no name of a tensor: rename it`);
  });

  it('refuses an input whose fixed size nothing can hold', async () => {
    const bytes = model(
      encodeGraph('g', {
        nodes: [node('Identity', ['x'], ['y'])],
        inputs: [value('x', 'float32', [70_000, 70_000])],
        outputs: [value('y', 'float32', [70_000, 70_000])],
      }),
    );
    await expect(examine(bytes)).rejects.toThrow(/input x takes \[70000,70000\], more than 2147483647 elements/);
  });

  it.each([false, true])('takes what a model keeps beside it into it (within a branch: %s)', async (nested) => {
    const { bytes } = await examine(adding({ location: 'weights.bin', offset: '4', length: '8' }, nested));
    const alone = path.join(root, `alone-${nested}.onnx`);
    await writeFile(alone, bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const loaded = await loadModel(alone, { digest });
    const { y } = await loaded.run({ x: { type: 'float32', shape: [1, 2], data: Float32Array.of(10, 20) } });
    expect([...(y!.data as Float32Array)]).toEqual([11, 22]);
    await loaded.release();
  });

  it('changes nothing of a model but where its constants are', async () => {
    const whole = (constant: Uint8Array) =>
      model(
        encodeGraph('g', {
          nodes: [node('Add', ['x', 'c'], ['y'])],
          constants: [integers('axes', [2], [-1, 3]), constant],
          inputs: [value('x', 'float32', ['n', 2])],
          outputs: [value('y', 'float32', ['n', 2])],
        }),
      );
    const { bytes } = await examine(
      whole(externalTensor('c', 'float32', [2], { location: 'weights.bin', offset: '4' })),
    );
    expect(Buffer.compare(bytes, whole(tensor('c', 'float32', [2], Float32Array.of(1, 2))))).toBe(0);
  });

  it.each([
    ['is missing', 'nothing.bin', /nothing\.bin', which is not there/],
    ['lies above its folder', '../secret.bin', /outside of its own folder/],
    ['lies above it by a way round', 'sub/../../secret.bin', /outside of its own folder/],
    ['lies at an absolute path', '/etc/hostname', /expected a path within its own folder/],
    ['is a link to elsewhere', 'link.bin', /outside of its own folder/],
    ['is a folder', 'sub', /which is no file/],
    ['has no name', '', /no name of a file/],
  ])('refuses a model whose other file %s', async (_, location, message) => {
    await expect(examine(adding({ location }))).rejects.toThrow(message);
    await expect(examine(adding({ location }, true))).rejects.toThrow(message);
  });

  it('refuses a stretch that the other file does not have', async () => {
    await expect(examine(adding({ location: 'weights.bin', offset: '8', length: '8' }))).rejects.toThrow(
      /bytes 8 to 16 .* has 12/,
    );
    await expect(examine(adding({ location: 'weights.bin', offset: '-1' }))).rejects.toThrow(/lies at -1/);
  });
});

describe('loadModel', () => {
  it.each([false, true])('never reads another file for a model (within a branch: %s)', async (nested) => {
    // ONNX Runtime itself would take any file beside it: in a cache those are the models of others.
    const bytes = adding({ location: 'weights.bin', offset: '4', length: '8' }, nested);
    const file = await written(bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    await expect(loadModel(file, { digest })).rejects.toThrow(/keeps constants in other files/);
  });

  it('takes a model that only speaks of a location', async () => {
    const bytes = model(
      encodeGraph('location', {
        nodes: [node('Identity', ['location'], ['y'])],
        inputs: [value('location', 'float32', ['n'])],
        outputs: [value('y', 'float32', ['n'])],
      }),
    );
    const file = await written(bytes);
    const loaded = await loadModel(file, { digest: createHash('sha256').update(bytes).digest('hex') });
    expect(loaded.signature.inputs[0]!.name).toBe('location');
    await loaded.release();
  });
});
