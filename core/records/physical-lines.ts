const LF = 10;
const CR = 13;

/** Divides bytes, in chunks, into lines that end with LF or CR LF. A file's last line needs no end. */
export class LineScanner {
  readonly #sink: (line: Uint8Array, length: number) => void;
  #rest: Uint8Array[] = [];

  /** @param sink is given every line without its end, one with nothing on it too, and how many bytes it takes with that */
  constructor(sink: (line: Uint8Array, length: number) => void) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      this.#give(chunk.subarray(from, end), 1);
      from = end + 1;
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }

  end(): void {
    if (this.#rest.length > 0) this.#give(new Uint8Array(0), 0);
  }

  #give(last: Uint8Array, end: number): void {
    const line = this.#rest.length === 0 ? last : Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#sink(line.at(-1) === CR ? line.subarray(0, -1) : line, line.length + end);
  }
}
