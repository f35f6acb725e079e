import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const CompletionTimes = z.record(z.string(), z.string());

/** Steps that have held in this home, and when, so that a second start goes on where the first one stopped. */
export class CompletedSteps {
  private constructor(
    private readonly file: string,
    private readonly steps: Record<string, string>,
  ) {}

  static async open(folder: string): Promise<CompletedSteps> {
    const file = path.join(folder, 'demo.json');
    const known = await readFile(file, 'utf8').then(
      (text) => CompletionTimes.safeParse(JSON.parse(text)).data ?? {},
      () => ({}),
    );
    return new CompletedSteps(file, known);
  }

  /** When a step held, ISO 8601; undefined when it has not. */
  when(title: string): string | undefined {
    return this.steps[title];
  }

  async add(title: string, at: Date): Promise<void> {
    this.steps[title] = at.toISOString();
    await writeFile(this.file, JSON.stringify(this.steps, null, 2));
  }
}
