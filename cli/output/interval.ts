const WIDTH = 41;

/**
 * An interval of a difference as a line of text, 0 in its middle: `├──●──┤` where it lies, `│` at 0, `┊` where a
 * difference begins to matter.
 *
 * @param matters smallest difference that matters
 * @param where whether it matters in both directions, or above only
 */
export function interval(
  { low, point, high }: { readonly low: number; readonly point: number; readonly high: number },
  matters: number,
  where: 'both' | 'above' = 'both',
): string {
  const reach = 1.1 * Math.max(Math.abs(low), Math.abs(high), matters);
  const at = (value: number): number => Math.round(((value / reach + 1) / 2) * (WIDTH - 1));
  const line = Array.from({ length: WIDTH }, () => ' ');
  if (where === 'both') line[at(-matters)] = '┊';
  line[at(matters)] = '┊';
  line[at(0)] = '│';
  const crossed: Readonly<Record<string, string>> = { ' ': '─', '│': '┼' };
  for (let i = at(low); i <= at(high); i++) line[i] = crossed[line[i]!] ?? line[i]!;
  line[at(low)] = '├';
  line[at(high)] = '┤';
  line[at(point)] = '●';
  return line.join('');
}
