import type { ReferencePerformance } from '../../core/profile/profile.ts';

/** How far a regression is off on its reference, which needs no tolerance to be known; empty for other decisions. */
export const errorMeasures = ({ mae, squares }: ReferencePerformance): string[] => [
  ...(mae === undefined ? [] : [`MAE ${short(mae)}`]),
  ...(squares === undefined ? [] : [`RMSE ${short(Math.sqrt(squares.error))}`]),
];

const short = (value: number): string => String(Number(value.toPrecision(3)));
