import { type DemoContext, MODEL, number, until } from '../context.ts';
import type { Step } from '../narrator.ts';

const REQUESTS = 3_000;
const CALLERS = 4;

export const predictStep: Step<DemoContext> = {
  title: 'Answer predictions over HTTP, in Open Inference v2 and TensorFlow Serving v1',
  run: async (demo, { say, look, check }) => {
    const { caller } = demo;
    const served = await until(
      async () =>
        (await caller.get(`/trimtab/v1/models/${MODEL}/release`).catch(() => ({ champion: null }))).champion === 1,
      10,
    );
    check(served, 'the endpoint has loaded and warmed version 1');
    const live = await caller.get('/v2/health/live');
    const ready = await caller.get(`/v2/models/${MODEL}/ready`);
    const metadata = await caller.get(`/v2/models/${MODEL}`);
    const status = (await caller.get(`/v1/models/${MODEL}`)) as { model_version_status?: { state: string }[] };
    check(live.live === true && ready.ready !== false, 'it is live and ready');
    check(
      (metadata.inputs as unknown[]).length === 17 && status.model_version_status?.[0]?.state === 'AVAILABLE',
      'its metadata (v2) and status (v1) describe the model',
    );

    const flights = await demo.traffic('spring');
    const [a, b] = [await caller.v2(flights.slice(0, 50)), await caller.v1(flights.slice(0, 50))];
    const agree =
      a.probabilities.length === 50 && a.probabilities.every((p, i) => Math.abs(p - b.probabilities[i]!) < 1e-6);
    check(agree, 'both protocols give the same probabilities for the same 50 flights');
    const flight = flights[0]!;
    say(
      `${flight.id} to ${flight.features.dest}: ${(100 * a.probabilities[0]!).toFixed(1)} % to arrive more than 15 minutes late`,
    );

    const times: number[] = [];
    const from = performance.now();
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, first) => {
        for (let i = first; i < REQUESTS; i += CALLERS) {
          const row = [flights[i % flights.length]!];
          times.push((await (i % 2 === 0 ? caller.v2(row) : caller.v1(row))).milliseconds);
        }
      }),
    );
    const seconds = (performance.now() - from) / 1_000;
    times.sort((x, y) => x - y);
    const at = (p: number): string => times[Math.min(times.length - 1, Math.floor(p * times.length))]!.toFixed(2);
    say(
      `${number(REQUESTS)} requests of one row by ${CALLERS} callers, half in each protocol: ${number(Math.round(REQUESTS / seconds))}/s; ` +
        `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, seen by the caller in this same process`,
    );
    check(times.length === REQUESTS, 'every request was answered');
    look(`${demo.runtime.url}/v2/models/${MODEL}`);
  },
};
