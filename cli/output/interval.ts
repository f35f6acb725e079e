const WIDTH = 41;

/**
 * An interval of a difference as a line of text, 0 in its middle: `├──●──┤` where it lies, `│` at 0, `┊` where a
 * difference begins to matter.
 *
 * @param matters smallest difference that matters
 */
export function interval(low: number, point: number, high: number, matters: number): string {
  const reach = 1.1 * Math.max(Math.abs(low), Math.abs(high), matters);
  const at = (value: number): number => Math.round(((value / reach + 1) / 2) * (WIDTH - 1));
  const line = Array.from({ length: WIDTH }, () => ' ');
  line[at(-matters)] = '┊';
  line[at(matters)] = '┊';
  line[at(0)] = '│';
  const crossed: Readonly<Record<string, string>> = { ' ': '─', '│': '┼' };
  for (let i = at(low); i <= at(high); i++) line[i] = crossed[line[i]!] ?? line[i]!;
  line[at(low)] = '├';
  line[at(high)] = '┤';
  line[at(point)] = '●';
  return line.join('');
}
