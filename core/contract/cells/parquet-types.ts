/** Types of Parquet columns, by the engine's names. */

const INTEGER = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/;
const FRACTIONAL = /^(?:DOUBLE|FLOAT)$/;
const DECIMAL = /^DECIMAL/;
const INSTANT = /^TIMESTAMP.*WITH TIME ZONE$/;

export const isIntegerType = (type: string): boolean => INTEGER.test(type);
export const isFractionalType = (type: string): boolean => FRACTIONAL.test(type);
export const isDecimalType = (type: string): boolean => DECIMAL.test(type);

export const isInstantType = (type: string): boolean => INSTANT.test(type);

export const isNumberType = (type: string): boolean =>
  isIntegerType(type) || isFractionalType(type) || isDecimalType(type);
