import { describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { athenaStatements } from '../../../core/tables/athena.ts';
import { storedColumns } from '../../../core/tables/dataset-columns.ts';
import { CAPTURES_TABLE, datasetTable, JOINED_TABLE } from '../../../core/tables/stored-table.ts';

const contract = Contract.parse({
  features: [
    { name: 'Fare', type: 'float' },
    { name: "it's", type: 'integer' },
    { name: 'a,b', type: 'string' },
    { name: 'mail', type: 'string', personal: 'encrypt' },
    { name: 'dataset_version', type: 'integer' },
    { name: 'seats', type: 'integer' },
  ],
});

describe('tables of Athena', () => {
  it('may be made by whoever splits statements at semicolons', () => {
    for (const table of [CAPTURES_TABLE, JOINED_TABLE, datasetTable('fares', [])])
      expect(athenaStatements(table, 's3://b/').join('')).not.toContain(';');
  });

  it('look for captures as far back as they are kept, by hour', () => {
    const [create, ...more] = athenaStatements(CAPTURES_TABLE, 's3://c/captures/', 90);
    expect(more).toEqual([]);
    // It may be the deployment's own, which nothing may drop.
    expect(create).toMatch(/^CREATE EXTERNAL TABLE IF NOT EXISTS `captures` \(/);
    for (const part of [
      "'projection.dt.range' = 'NOW-91DAYS,NOW'",
      "'projection.hour.digits' = '2'",
      "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
      '`outofdistribution` int',
    ])
      expect(create).toContain(part);
    expect(create).toMatch(/'s3:\/\/c\/captures\/dt=\$\{dt\}\/hour=\$\{hour\}\/'/);
    for (const hidden of ['subject', 'unit', 'principal']) expect(create).not.toContain(`\`${hidden}\``);
  });

  it('have a query name the model of joined truths', () => {
    const [create, ...more] = athenaStatements(JOINED_TABLE, 's3://d/ground-truth/joined/');
    expect(more).toEqual([]);
    expect(create).toContain("'projection.model.type' = 'injected'");
    expect(create).toMatch(/joined\/model=\$\{model\}\/dt=\$\{dt\}\/hour=\$\{hour\}\/'/);
    expect(create).not.toContain('`sealed`');
  });

  it('tell versions of a dataset by the path, and leave out what no table takes', () => {
    const { columns, left } = storedColumns(contract);
    expect(columns).toEqual([
      { name: 'Fare', type: 'double' },
      { name: 'seats', type: 'bigint' },
    ]);
    expect(left.map(({ name }) => name)).toEqual(["it's", 'a,b', 'mail', 'dataset_version']);
    const [drop, create, view] = athenaStatements(datasetTable('Fare-s', columns), 's3://d/datasets/Fare-s/');
    expect(drop).toBe('DROP TABLE IF EXISTS `dataset_fare_s_files`');
    expect(create).toContain('CREATE EXTERNAL TABLE `dataset_fare_s_files` (`fare` double, `seats` bigint)');
    expect(create).toContain("LOCATION 's3://d/datasets/Fare-s/'");
    expect(create).not.toContain('projection');
    expect(view).toContain('regexp_extract("$path", \'dataset_version=([0-9]+)\', 1)');
  });
});
