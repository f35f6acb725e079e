const INTEGER_TEXT = /^-?[1-9]\d*$/;

/** Whether a text is an integer that a number of JSON would lose digits of: any other is a number, and nothing else. */
export const isLargeInteger = (text: string): boolean => INTEGER_TEXT.test(text) && !Number.isSafeInteger(Number(text));

/**
 * What a document states by a number, or by the digits of an integer as text. A double beyond 2^53 stands for the digits
 * that it is written with, which is all that a reader of JSON knows of it.
 *
 * @returns a bigint where a double tells no integer from the next
 */
export function statedNumber(stated: number | string): number | bigint {
  const number = Number(stated);
  if (typeof stated === 'number' && (!Number.isInteger(stated) || Number.isSafeInteger(stated))) return stated;
  if (Number.isSafeInteger(number)) return number;
  const text = String(stated);
  return BigInt(INTEGER_TEXT.test(text) ? text : number);
}

/** An integer as a document states it: by a number where a double is that integer and no other, else by its digits. */
export const statedInteger = (value: bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
