/** What waits, with whose it is and since when. */
export interface Waiting {
  readonly owner: object;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

/** A queue in which owners take turns, however much one of them has put in; what is one owner's stays in order. */
export class FairQueue<T extends Waiting> {
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<object, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(entry: T): void {
    const line = this.#lines.get(entry.owner);
    if (line === undefined) this.#lines.set(entry.owner, [entry]);
    else line.push(entry);
    this.#size++;
  }

  /** Puts an entry back that was taken too early: it is the next. */
  unshift(entry: T): void {
    const line = this.#lines.get(entry.owner) ?? [];
    const others = [...this.#lines].filter(([owner]) => owner !== entry.owner);
    this.#lines.clear();
    this.#lines.set(entry.owner, [entry, ...line]);
    for (const [owner, entries] of others) this.#lines.set(owner, entries);
    this.#size++;
  }

  shift(): T | undefined {
    for (const [owner, line] of this.#lines) {
      const entry = line.shift()!;
      this.#lines.delete(owner);
      if (line.length > 0) this.#lines.set(owner, line);
      this.#size--;
      return entry;
    }
    return undefined;
  }

  /** Removes and gives all of an owner's. */
  take(owner: object): T[] {
    const line = this.#lines.get(owner) ?? [];
    this.#lines.delete(owner);
    this.#size -= line.length;
    return line;
  }

  /** Removes and gives what came before. */
  takeBefore(at: number): T[] {
    const old: T[] = [];
    for (const [owner, line] of this.#lines) {
      const young = line.findIndex((entry) => entry.at >= at);
      const gone = line.splice(0, young === -1 ? line.length : young);
      if (line.length === 0) this.#lines.delete(owner);
      this.#size -= gone.length;
      old.push(...gone);
    }
    return old;
  }

  /** When the longest wait began; undefined when nothing waits. */
  get oldest(): number | undefined {
    const heads = [...this.#lines.values()].map(([first]) => first!.at);
    return heads.length === 0 ? undefined : Math.min(...heads);
  }

  /** Whether anything of another owner waits. */
  hasOthers(owner: object): boolean {
    return this.#lines.size > (this.#lines.has(owner) ? 1 : 0);
  }
}
