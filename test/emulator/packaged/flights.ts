import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { EXAMPLE, type Flight, readFlights } from '../../../demo/flights.ts';

/** Real flights as requests of both protocols, and the scores of their answers. */
export interface Flights {
  readonly flights: readonly Flight[];
  v2(): { inputs: { name: string; shape: number[]; datatype: string; data: unknown[] }[] };
  v1(): { instances: Record<string, unknown>[] };
  scoresOfV2(body: Record<string, unknown>): number[];
  scoresOfV1(body: Record<string, unknown>): number[];
}

/** Reads the example's spring: gives requests about the flights of a slice. */
export async function springFlights(): Promise<(start: number, end: number) => Flights> {
  const { contract } = Manifest.parse(JSON.parse(await readFile(path.join(EXAMPLE, 'v1', 'model.json'), 'utf8')));
  const all = await readFlights(path.join(EXAMPLE, 'data', 'traffic-spring.csv'), contract.features);
  return (start, end) => asRequests(all.slice(start, end), contract.features);
}

function asRequests(flights: readonly Flight[], features: Manifest['contract']['features']): Flights {
  return {
    flights,
    v2: () => ({
      inputs: features.map(({ name, type }) => ({
        name,
        shape: [flights.length, 1],
        datatype: type === 'string' ? 'BYTES' : 'FP32',
        data: flights.map((flight) => flight.features[name] ?? null),
      })),
    }),
    v1: () => ({
      instances: flights.map((flight) =>
        Object.fromEntries(features.map(({ name }) => [name, [flight.features[name] ?? null]])),
      ),
    }),
    scoresOfV2: (body) =>
      (body.outputs as { name: string; data: number[] }[])
        .find(({ name }) => name === 'probabilities')!
        .data.filter((_, i) => i % 2 === 1),
    scoresOfV1: (body) => (body.predictions as { probabilities: number[] }[]).map((p) => p.probabilities[1]!),
  };
}
