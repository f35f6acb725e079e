import type { RowFormat } from '../../core/report/quarantine-table.ts';

/** How rows of a file are told apart into cells, by the ending of its name. */
export function formatOf(file: string, delimiter: string | null): Pick<RowFormat, 'form' | 'delimiter'> {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.parquet')) return { form: 'parquet', delimiter: '' };
  if (name.endsWith('.jsonl') || name.endsWith('.ndjson')) return { form: 'json', delimiter: '' };
  return { form: 'text', delimiter: delimiter ?? (name.endsWith('.tsv') ? '\t' : ',') };
}
