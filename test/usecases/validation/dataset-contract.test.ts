import { expect, it } from 'vitest';
import { parseContract } from '../../../usecases/validation/dataset-contract.ts';
import { InvalidContractError } from '../../../usecases/validation/errors.ts';

const parsed = (contract: object) =>
  parseContract('contracts/a.json', Buffer.from(JSON.stringify({ contract: { features: [], ...contract } })));

const EMPTY = 'the name of a column is no empty text, received ""';
const KEPT = 'is Unicode text without NUL, received';

it.each([
  [{ data: { extra: ['x', ''] } }, `data.extra.1: ${EMPTY}`],
  [{ data: { id: { name: '' } } }, `data.id.name: ${EMPTY}`],
  [{ data: { extra: ['x\0y'] } }, `data.extra.0: the name of a column ${KEPT} "x\\u0000y"`],
  [{ data: { time: '\ud800' } }, `data.time: the name of a column ${KEPT} "\\ud800"`],
  [{ features: [{ name: '\0', type: 'float' }] }, `features.0.name: the name of a feature ${KEPT} "\\u0000"`],
  [{ tensors: [{ name: '\0' }] }, `tensors.0.name: the name of a tensor ${KEPT} "\\u0000"`],
  [{ data: { label: { name: 'l', classes: ['\0'] } } }, `data.label.classes.0: a class ${KEPT} "\\u0000"`],
  [
    { data: { time: { name: 't', zone: 'UTC', formats: ['%Y-%m-%d\0'] } } },
    `data.time.formats.0: a format ${KEPT} "%Y-%m-%d\\u0000"`,
  ],
  [{ data: { id: 'id' }, file: { unique: ['id', 'x'] } }, 'file.unique.1: none of the columns id, received "x"'],
])('names what no query can hold: %j', (contract, message) => {
  expect(() => parsed(contract)).toThrow(InvalidContractError);
  expect(() => parsed(contract)).toThrow(`contracts/a.json: contract.${message}`);
});
