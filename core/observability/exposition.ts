import type { Histogram } from './histogram.ts';

export type Labels = Readonly<Record<string, string | number>>;
export type FamilyType = 'counter' | 'gauge' | 'histogram';

/** Content type of Prometheus's text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Writes Prometheus's text format: families in the order in which they are begun, each once. Families of Trimtab's own
 * have the environment as a label; those under names of other servers have the labels of those servers.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class Exposition {
  readonly #lines: string[] = [];
  #family = '';
  readonly #own: string;

  constructor(environment: string) {
    this.#own = `environment="${escaped(environment)}"`;
  }

  /** Begins a family: the samples that follow are its. */
  family(name: string, type: FamilyType, help: string): this {
    this.#family = name;
    this.#lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`, `# TYPE ${name} ${type}`);
    return this;
  }

  sample(labels: Labels, value: number): this {
    return this.#write('', labels, value);
  }

  histogram(labels: Labels, { edges, counts, sum }: Histogram): this {
    let below = 0;
    for (let i = 0; i < edges.length; i++) {
      below += counts[i]!;
      this.#write('_bucket', { ...labels, le: String(edges[i]) }, below);
    }
    below += counts[edges.length]!;
    return this.#write('_bucket', { ...labels, le: '+Inf' }, below)
      .#write('_sum', labels, sum)
      .#write('_count', labels, below);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #write(suffix: string, labels: Labels, value: number): this {
    const named = Object.entries(labels).map(([name, text]) => `${name}="${escaped(String(text))}"`);
    if (this.#family.startsWith('trimtab_')) named.unshift(this.#own);
    const braces = named.length === 0 ? '' : `{${named.join(',')}}`;
    this.#lines.push(`${this.#family}${suffix}${braces} ${numberText(value)}`);
    return this;
  }
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
