/** A number and how it was written, every character of it: a double holds neither all digits nor trailing zeros. */
export class NumberLiteral extends Number {
  readonly literal: string;

  constructor(literal: string) {
    super(literal);
    this.literal = literal;
  }

  override toString(): string {
    return this.literal;
  }
}
