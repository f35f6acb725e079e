/** How a step says what happened. */
export interface StepReporter {
  /** One line of what happened. */
  say(line: string): void;
  /** Where to look at it: a file, a URL or a command. */
  look(place: string): void;
  /** Something that must hold for the step to hold; said either way. */
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

/** Tells steps one after the other on a stream of lines; a step that fails is said, and the next one still runs. */
export class Narrator {
  constructor(
    private readonly print: (line: string) => void,
    private readonly colour: boolean,
  ) {}

  async tell<C>(number: number, step: Step<C>, context: C): Promise<StepOutcome> {
    this.print(`\n${this.#paint(1, `${number}  ${step.title}`)}`);
    const from = performance.now();
    let held = true;
    const telling: StepReporter = {
      say: (line) => this.print(`   ${line}`),
      look: (place) => this.print(`   ${this.#paint(2, `look: ${place}`)}`),
      check: (holds, claim) => {
        held &&= holds;
        this.print(`   ${holds ? this.#paint(32, '✓') : this.#paint(31, '✗')} ${claim}`);
      },
    };
    try {
      await step.run(context, telling);
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

  /** Says of a step that it held at an earlier start. */
  recall<C>(number: number, step: Step<C>, when: string): StepOutcome {
    this.print(`\n${this.#paint(1, `${number}  ${step.title}`)}`);
    this.print(`   ${this.#paint(32, '✓')} held in this home at ${when}`);
    return { title: step.title, held: true, seconds: 0 };
  }

  #paint(code: number, text: string): string {
    return this.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
