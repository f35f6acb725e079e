/**
 * Gathers the lines that one turn of the event loop brings forth, as a request's metrics and its capture, and writes
 * them at once when it ends: a write takes longer than making its line does.
 *
 * @param write takes whole lines, each with its end
 * @returns takes lines without their ends
 */
export function lineWriter(write: (text: string) => void): (line: string) => void {
  let gathered = '';
  const flush = (): void => {
    const text = gathered;
    gathered = '';
    write(text);
  };
  return (line) => {
    // After the promises that are ready, and before anything that comes from outside.
    if (gathered === '') process.nextTick(flush);
    gathered += `${line}\n`;
  };
}
