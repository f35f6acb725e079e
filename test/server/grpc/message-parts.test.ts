import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { assertDecodable } from '../../../server/grpc/message-parts.ts';
import { GRPCInferenceService } from '../../../server/grpc/service-definition.ts';

const { requestSerialize, requestDeserialize } = GRPCInferenceService.service.ModelInfer!;
/** A field with its length in front. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  protobuf.Writer.create()
    .uint32((number << 3) | 2)
    .bytes(content)
    .finish();
const times = (count: number, bytes: readonly number[]): Uint8Array =>
  Buffer.alloc(count * bytes.length, Buffer.from(bytes));
const inTensor = (bytes: Uint8Array) => field(5, bytes);
const inContents = (bytes: Uint8Array) => inTensor(field(5, bytes));

const PARTS = 'tensors, outputs, raw contents, parameters and dimensions';
const VALUES = 'send them as raw_input_contents';

describe('A ModelInferRequest', () => {
  it.each([
    ['parameters', times(40_000, [0x22, 0]), PARTS],
    ['inputs', times(40_000, [0x2a, 0]), PARTS],
    ['outputs', times(40_000, [0x32, 0]), PARTS],
    ['raw contents', times(40_000, [0x3a, 0]), PARTS],
    ['dimensions', inTensor(times(40_000, [0x18, 1])), PARTS],
    ['packed dimensions', inTensor(field(3, times(80_000, [1]))), PARTS],
    ['parameters of a tensor', inTensor(times(40_000, [0x22, 0])), PARTS],
    ['parameters of an output', field(6, times(40_000, [0x12, 0])), PARTS],
    ['many tensors of a few dimensions', times(8_000, [0x2a, 8, 0x18, 1, 0x18, 1, 0x18, 1, 0x18, 1]), PARTS],
    ['byte strings', inContents(times(2_000_001, [0x42, 0])), VALUES],
    ['integers of 64 bits', inContents(field(3, times(2_000_001, [1]))), VALUES],
    ['unsigned ones, one by one', inContents(times(2_000_001, [0x28, 1])), VALUES],
  ])('is refused before it is decoded where it has too many %s', (_, bytes, text) => {
    expect(() => assertDecodable(bytes)).toThrow(
      expect.objectContaining({ code: status.INVALID_ARGUMENT, message: expect.stringContaining(text) }),
    );
  });

  it('is taken with as many numbers as there is room for', () => {
    for (const contents of [
      { fp32_contents: Array(500_000).fill(0.5) },
      { int_contents: Array(2_500_000).fill(1) },
      { int64_contents: Array(1_000_000).fill('-1') },
      { bytes_contents: Array(100_000).fill(Buffer.from('AA')) },
    ]) {
      const message = { model_name: 'm', inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'], contents }] };
      expect(() => assertDecodable(requestSerialize(message))).not.toThrow();
    }
  });

  it('that is cut off anywhere, or is no message, is told as one that cannot be parsed, or left to the decoder', () => {
    const whole = requestSerialize({
      model_name: 'm',
      inputs: [{ name: 'x', shape: ['4'], contents: { bytes_contents: Array(30_000).fill(Buffer.from('AAAA')) } }],
    });
    fc.assert(
      fc.property(fc.integer({ min: 66_000, max: whole.length }), fc.uint8Array({ maxLength: 20 }), (length, tail) => {
        const bytes = Buffer.concat([whole.subarray(0, length), tail]);
        let refused: unknown;
        try {
          assertDecodable(bytes);
        } catch (error) {
          refused = error;
        }
        if (refused === undefined) return;
        expect(refused).toMatchObject({ code: status.INTERNAL, message: 'the message cannot be parsed' });
        expect(() => requestDeserialize(bytes)).toThrow();
      }),
      { numRuns: 50 },
    );
  });
});
