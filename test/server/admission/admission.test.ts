import { afterEach, describe, expect, it } from 'vitest';
import type { ProtocolError } from '../../../core/errors/protocol-error.ts';
import { Admission, type AdmissionOptions } from '../../../server/admission/admission.ts';
import type { Ticket } from '../../../server/admission/ticket.ts';

const GRACE_MS = 100;
let admission: Admission | undefined;
afterEach(() => admission?.close());

function open(options: Partial<AdmissionOptions> = {}): Admission {
  admission = new Admission({
    requests: 10,
    bytes: 100_000,
    callerShare: 0.5,
    largestBody: 10_000,
    bodyRate: 0,
    graceMs: GRACE_MS,
    ...options,
  });
  return admission;
}

interface Entered {
  readonly ticket: Ticket;
  cut: ProtocolError | undefined;
}

function enter(to: Admission, caller: string, held = 0): Entered {
  const entered: { ticket: Ticket; cut: ProtocolError | undefined } = { ticket: undefined as never, cut: undefined };
  entered.ticket = to.enter(caller, {
    cut: (error) => {
      entered.cut = error;
    },
  });
  if (held > 0) to.grow(entered.ticket, held);
  return entered;
}

const work = (to: Admission, caller: string, held = 0): Entered => {
  const entered = enter(to, caller, held);
  to.arrived(entered.ticket);
  return entered;
};

const refusal = (what: () => unknown): Pick<ProtocolError, 'status' | 'message' | 'retryAfterSeconds'> => {
  try {
    what();
  } catch (error) {
    return error as ProtocolError;
  }
  throw new Error('it was not refused');
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('Admission', () => {
  it('takes room by what has arrived, and gives it back', () => {
    const to = open();
    const first = enter(to, 'a', 30_000);
    to.grow(first.ticket, 40_000);
    const second = work(to, 'b');
    expect([to.requests, to.bytes, to.callers]).toEqual([2, 40_000, 2]);
    first.ticket.leave();
    first.ticket.leave();
    second.ticket.leave();
    expect([to.requests, to.bytes, to.callers, to.fill]).toEqual([0, 0, 0, 0]);
  });

  it('refuses a caller beyond its share with 429 while others are let in, and says the numbers', () => {
    const to = open();
    for (let i = 0; i < 5; i++) work(to, 'a');
    const refused = refusal(() => enter(to, 'a'));
    expect(refused).toMatchObject({ status: 429, retryAfterSeconds: 1 });
    expect(refused.message).toContain('5 of 5 requests, 0 of 50000 bytes; a caller may hold 50 % of it');
    const large = work(to, 'b', 45_000);
    const more = enter(to, 'b', 1_000);
    expect(refusal(() => to.grow(more.ticket, 6_000))).toMatchObject({ status: 429 });
    expect(refusal(() => to.assertRoom(more.ticket, 6_000))).toMatchObject({ status: 429 });
    to.assertRoom(more.ticket, 5_000);
    // What is small has room all the same.
    to.grow(enter(to, 'b').ticket, 4_000);
    large.ticket.leave();
    to.grow(more.ticket, 6_000);
    expect([to.refusals.of('caller-requests'), to.refusals.of('caller-bytes')]).toEqual([1, 2]);
  });

  it('refuses with 503 what the whole server has no room for', () => {
    const to = open();
    for (const caller of ['a', 'b']) for (let i = 0; i < 5; i++) work(to, caller, i === 0 ? 49_000 : 0);
    expect(refusal(() => enter(to, 'c'))).toMatchObject({
      status: 503,
      message: expect.stringContaining('the server is full (10 of 10 requests, 98000 of 100000 bytes)'),
    });
    expect(to.refusals.of('requests')).toBe(1);
  });

  it('admits a body that is larger than all the room when there is no other, and as large as bodies may be always', () => {
    const to = open({ bytes: 10, largestBody: 10_000 });
    const lone = enter(to, 'a', 9_000);
    expect(refusal(() => enter(to, 'b', 5_000))).toMatchObject({ status: 503 });
    lone.ticket.leave();
  });

  it('cuts off whoever has waited longest for its caller, once that is longer than the grace time', async () => {
    const to = open();
    const slow = [enter(to, 'a', 10_000), enter(to, 'a', 10_000)];
    for (let i = 0; i < 3; i++) work(to, 'a');
    expect(refusal(() => enter(to, 'a'))).toMatchObject({ status: 429 });
    await wait(GRACE_MS + 20);
    enter(to, 'a');
    expect(slow.map(({ cut }) => cut?.status)).toEqual([429, undefined]);
    expect(slow[0]!.cut?.message).toContain('has waited longest for its caller');
    expect([to.requests, to.bytes]).toEqual([5, 10_000]);
  });

  it('cuts off an answer that nobody reads, whose bytes are what is held then', async () => {
    const to = open({ requests: 2, callerShare: 1 });
    const unread = work(to, 'a', 5_000);
    to.answered(unread.ticket, 70_000);
    expect([to.bytes, to.fill]).toEqual([70_000, 0]);
    work(to, 'b');
    expect(to.fill).toBe(0.5);
    await wait(GRACE_MS + 20);
    work(to, 'c');
    expect([unread.cut?.status, to.bytes]).toEqual([503, 0]);
  });

  it('does not look overloaded because of callers who are slow', () => {
    const to = open({ callerShare: 1 });
    for (let i = 0; i < 9; i++) enter(to, `${i}`, 10_000);
    expect(to.fill).toBe(0);
  });

  it('cuts off a body below the rate after the grace time, and none that keeps to it', async () => {
    const to = open({ bodyRate: 1_000 });
    const slow = enter(to, 'a');
    const good = enter(to, 'b');
    const done = work(to, 'c');
    const arriving = setInterval(() => {
      good.ticket.arrived += 100;
    }, 10);
    await expect.poll(() => slow.cut?.status).toBe(408);
    await wait(2 * GRACE_MS);
    clearInterval(arriving);
    expect(slow.cut?.message).toMatch(/0 bytes in the last 0\.\d s, at least 1000 bytes a second/);
    expect([good.cut, done.cut]).toEqual([undefined, undefined]);
    expect([to.refusals.of('body-rate'), to.requests]).toEqual([1, 2]);
    // What came before is no credit for what does not come now.
    await expect.poll(() => good.cut?.status).toBe(408);
  });

  it('cuts off a body that is not whole in time, whatever its rate', async () => {
    const to = open();
    let cut: ProtocolError | undefined;
    to.enter('a', {
      withinMs: 60,
      cut: (error) => {
        cut = error;
      },
    });
    await expect.poll(() => cut?.status).toBe(408);
    expect(cut?.message).toContain('in 0.06 s');
    expect(to.refusals.of('body-time')).toBe(1);
  });
});
