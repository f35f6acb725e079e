import { type Io, printLine } from './context.ts';

/** What is done sooner says nothing of itself. */
const FIRST_MS = 2_000;
const THEN_MS = 10_000;

/**
 * Says on a terminal's standard error what takes long, and for how long already.
 *
 * @param what is done, such as "reading rows.csv"
 */
export async function withProgress<T>({ terminal, err }: Io, what: string, work: () => Promise<T>): Promise<T> {
  if (!terminal?.err) return work();
  const from = performance.now();
  const say = (): void => printLine(err, `${what} … ${Math.round((performance.now() - from) / 1_000)} s`);
  let timer: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say();
    timer = setInterval(say, THEN_MS);
  }, FIRST_MS);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(timer);
  }
}
