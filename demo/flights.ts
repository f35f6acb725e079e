import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Feature } from '../core/contract/contract.ts';

/** A real flight: what was known an hour before departure, and whether it then came late. */
export interface Flight {
  readonly id: string;
  readonly features: Readonly<Record<string, string | number | null>>;
  /** 1 late, 0 not; null when it never arrived. */
  readonly late: number | null;
}

/**
 * Reads one of the example's files. They are the project's own, without quotes or embedded commas; files from
 * elsewhere go through validation.
 */
export async function readFlights(file: string, features: readonly Feature[]): Promise<Flight[]> {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const columns = header.split(',');
  const at = (name: string): number => columns.indexOf(name);
  return lines.map((line) => {
    const fields = line.split(',');
    const late = fields[at('late')];
    return {
      id: fields[at('flight_id')]!,
      late: late === '' ? null : Number(late),
      features: Object.fromEntries(features.map(({ name, type }) => [name, parseField(fields[at(name)]!, type)])),
    };
  });
}

function parseField(field: string, type: Feature['type']): string | number | null {
  if (field === '') return null;
  return type === 'string' ? field : Number(field);
}

/** The example's folders and files, below `models/flight-delay`. */
export const EXAMPLE = path.join('models', 'flight-delay');
