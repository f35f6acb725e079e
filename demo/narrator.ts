/** Prints what happens in a step. */
export interface StepReporter {
  /** Prints a line about what happened. */
  say(line: string): void;
  /** Prints where it can be looked at: a file, a URL or a command. */
  look(place: string): void;
  /** Prints a claim and whether it holds. The step fails when one does not. */
  check(held: boolean, claim: string): void;
}

export interface Step<C> {
  readonly title: string;
  run(context: C, tell: StepReporter): Promise<void>;
}

export interface StepOutcome {
  readonly title: string;
  readonly held: boolean;
  readonly seconds: number;
}

const WIDTH = 78;

/** Runs steps one after the other and prints what happens. After a step that fails, the next one still runs. */
export class Narrator {
  constructor(
    private readonly print: (line: string) => void,
    private readonly colour: boolean,
  ) {}

  async tell<C>(number: number, step: Step<C>, context: C): Promise<StepOutcome> {
    this.print(`\n${this.#paint(1, `${number}  ${step.title}`)}`);
    const from = performance.now();
    let held = true;
    const reporter: StepReporter = {
      say: (line) => this.print(`   ${line}`),
      look: (place) => this.print(`   ${this.#paint(2, `look: ${place}`)}`),
      check: (holds, claim) => {
        held &&= holds;
        this.print(`   ${holds ? this.#paint(32, '✓') : this.#paint(31, '✗')} ${claim}`);
      },
    };
    try {
      await step.run(context, reporter);
    } catch (error) {
      held = false;
      this.print(
        `   ${this.#paint(31, '✗')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    const seconds = (performance.now() - from) / 1_000;
    const end = `${held ? 'held' : 'did not hold'} in ${seconds.toFixed(1)} s`;
    this.print(`   ${this.#paint(held ? 2 : 31, end.padStart(WIDTH - 3))}`);
    return { title: step.title, held, seconds };
  }

  /** Prints that a step held at an earlier start. */
  recall<C>(number: number, step: Step<C>, when: string): StepOutcome {
    this.print(`\n${this.#paint(1, `${number}  ${step.title}`)}`);
    this.print(`   ${this.#paint(32, '✓')} held in this home at ${when}`);
    return { title: step.title, held: true, seconds: 0 };
  }

  #paint(code: number, text: string): string {
    return this.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
