import { halfBits, halfDecimal } from '../model/half.ts';
import { zeros } from '../model/small-arrays.ts';
import type { BoundInput } from './bind.ts';
import { allocate, isBig } from './elements.ts';
import { FeatureCheck } from './feature-check.ts';
import { type FillNumbers, fillBigs, fillNumbers, fillStrings, type NumberTensor } from './fill.ts';
import { bigHolder, numberHolder, STRINGS } from './holder.ts';
import type { Pass } from './pass.ts';

/** Compiles an input whose columns are features to the pass over them. */
export function compileColumns(input: BoundInput): Pass {
  const { type } = input.spec;
  if (type === 'string') return compileTexts(input);
  return type === 'float16' ? compileHalves(input) : compileNumbers(input);
}

function compileNumbers({ spec: { type }, features, columns }: BoundInput): Pass {
  const holder = bigHolder(type) ?? numberHolder(type);
  const checks = features.map(({ feature }) => new FeatureCheck<number | bigint>(feature, holder));
  return (raw, rows, findings, values) => {
    const tensor = allocate(type, rows * columns);
    // One block for all columns: a typed array each would cost more than the pass itself at one row.
    const kept = values === undefined ? undefined : zeros(Float64Array, rows * columns);
    const { data } = raw;
    for (let from = 0; from < columns; from++) {
      const keptFrom = from * rows;
      const check = checks[from]!;
      const column: FillNumbers<number | bigint> = { check, data, from, step: columns, rows, findings, kept, keptFrom };
      if (isBig(tensor)) fillBigs(column as FillNumbers<bigint>, tensor);
      else fillNumbers(column as FillNumbers<number>, tensor as NumberTensor);
      if (kept === undefined) continue;
      if (column.large !== undefined) {
        const { large } = column;
        values!.push(Array.from(kept.subarray(keptFrom, keptFrom + rows), (value, row) => large.get(row) ?? value));
        continue;
      }
      // Views of the block for thirty features take longer than their check; of one row they are just numbers.
      if (rows === 1) values!.push([kept[keptFrom]!]);
      else values!.push(columns === 1 ? kept : kept.subarray(keptFrom, keptFrom + rows));
    }
    return { type, shape: raw.shape, data: tensor };
  };
}

function compileTexts({ spec: { type }, features, columns }: BoundInput): Pass {
  const checks = features.map(({ feature }) => new FeatureCheck(feature, STRINGS));
  return ({ data, shape }, rows, findings, values) => {
    const tensor = new Array<string>(rows * columns);
    for (let from = 0; from < columns; from++) {
      const kept = values && new Array<string>(rows);
      fillStrings({ check: checks[from]!, data, from, step: columns, rows, findings }, tensor, kept);
      if (kept !== undefined) values!.push(kept);
    }
    return { type, shape, data: tensor };
  };
}

/** A pass over float16, which is checked as the decimals that its bits stand for, as they would come in JSON. */
function compileHalves(input: BoundInput): Pass {
  const pass = compileNumbers({ ...input, spec: { ...input.spec, type: 'float32' } });
  return (raw, rows, findings, values) => {
    const numbers = raw.data instanceof Uint16Array ? { ...raw, data: Array.from(raw.data, halfDecimal) } : raw;
    const { shape, data } = pass(numbers, rows, findings, values);
    return { type: 'float16', shape, data: Uint16Array.from(data as Float32Array, halfBits) };
  };
}
