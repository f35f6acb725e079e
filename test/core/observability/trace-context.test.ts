import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceOf, traceparentOf } from '../../../core/observability/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const NEW = 'abcdefabcdefabcdefabcdefabcdefab';
const of = (headers: Record<string, string>) => traceOf(headers, () => NEW);
/** What a trace that begins here looks like. */
const BEGUN = { traceId: NEW, parentId: undefined, spanId: NEW.slice(0, 16), sampled: false, state: undefined };

describe('traceOf', () => {
  it('continues W3C’s traceparent under a span of its own, as sampled as it came', () => {
    const trace = of({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'rojo=00f067aa0ba902b7, congo=t61rcWkgMzE' });
    expect(trace).toEqual({
      traceId: TRACE,
      parentId: SPAN,
      spanId: NEW.slice(0, 16),
      sampled: true,
      state: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    });
    expect(traceparentOf(trace)).toBe(`00-${TRACE}-${NEW.slice(0, 16)}-01`);
  });

  it.each([
    ['all zeros for a trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['all zeros for a span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['more without a dash', `01-${TRACE}-${SPAN}-01more`],
    ['two headers joined', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['white space', ` 00-${TRACE}-${SPAN}-01`],
    ['flags that are no hex digits', `00-${TRACE}-${SPAN}-0x`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a line end', `00-${TRACE}-${SPAN}-01\n`],
    ['nothing', ''],
  ])('begins a new trace, without the old state, for %s', (_, traceparent) => {
    expect(of({ traceparent, tracestate: 'a=1' })).toEqual(BEGUN);
  });

  it('reads a later version that is longer, and keeps of its flags whether it is sampled', () => {
    expect(of({ traceparent: `cc-${TRACE}-${SPAN}-03-what-the-future-has` })).toMatchObject({
      traceId: TRACE,
      sampled: true,
    });
    expect(of({ traceparent: `00-${TRACE}-${SPAN}-fe` })).toMatchObject({ traceId: TRACE, sampled: false });
  });

  it.each([
    ['a key that begins with a capital', 'Foo=1'],
    ['a value with an equals sign', 'foo=1=2'],
    ['a key twice', 'foo=1,foo=2'],
    ['an empty value', 'foo='],
    ['33 members', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
    ['more than 512 characters', `foo=${'x'.repeat(250)},bar=${'x'.repeat(250)},baz=1234`],
  ])('goes on without a state that has %s', (_, tracestate) => {
    expect(of({ traceparent: `00-${TRACE}-${SPAN}-00`, tracestate })).toMatchObject({
      traceId: TRACE,
      state: undefined,
    });
  });

  it('continues what AWS sends, with and without a parent', () => {
    const root = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    expect(of({ 'x-amzn-trace-id': `${root};Parent=53995c3f42cd8ad8;Sampled=1` })).toMatchObject({
      traceId: '5759e988bd862e3fe1be46a994272793',
      parentId: '53995c3f42cd8ad8',
      sampled: true,
    });
    expect(of({ 'x-amzn-trace-id': `Self=1-67891234-12456789abcdef012345678;${root}` })).toMatchObject({
      traceId: '5759e988bd862e3fe1be46a994272793',
      parentId: undefined,
      sampled: false,
    });
    expect(of({ 'x-amzn-trace-id': 'Root=1-5759e988-short' })).toEqual(BEGUN);
  });

  it('continues B3 in one header and in several, and fills 64-bit ids up', () => {
    expect(of({ b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` })).toMatchObject({
      traceId: TRACE,
      parentId: SPAN,
      sampled: true,
    });
    expect(of({ b3: '0' })).toEqual(BEGUN);
    expect(of({ 'x-b3-traceid': SPAN, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0' })).toMatchObject({
      traceId: `${'0'.repeat(16)}${SPAN}`,
      sampled: false,
    });
    expect(of({ 'x-b3-traceid': TRACE })).toEqual(BEGUN);
  });

  it('prefers W3C to AWS to B3', () => {
    const aws = { 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793', b3: `${SPAN}-${SPAN}-1` };
    expect(of({ ...aws, traceparent: `00-${TRACE}-${SPAN}-00` }).traceId).toBe(TRACE);
    expect(of(aws).traceId).toBe('5759e988bd862e3fe1be46a994272793');
  });

  it('answers with a header that it would itself continue, whatever it was sent', () => {
    const header = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-x)?$/),
    );
    fc.assert(
      fc.property(header, header, header, (traceparent, b3, aws) => {
        const trace = of({ traceparent, b3, 'x-amzn-trace-id': aws, tracestate: traceparent });
        expect(of({ traceparent: traceparentOf(trace) })).toMatchObject({
          traceId: trace.traceId,
          parentId: trace.spanId,
        });
      }),
    );
  });
});
