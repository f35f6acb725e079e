import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { copyWithout, DanglingReferenceError, type Template, without } from './assembly.ts';

const GAPS = {
  refused: [{ type: 'AWS::Odd::Thing', attributes: ['UpdatePolicy.ByThing'], coveredBy: 'this test' }],
  unknown: [{ sid: 'Odd', why: 'it is odd', coveredBy: 'this test' }],
};
const TEMPLATE: Template = {
  Resources: {
    Thing: { Type: 'AWS::Odd::Thing', Properties: {} },
    Alias: {
      Type: 'AWS::Lambda::Alias',
      UpdatePolicy: { ByThing: { Name: { Ref: 'Thing' } }, Other: true },
      Properties: { Name: 'live' },
    },
    Policy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { PolicyDocument: { Statement: [{ Sid: 'Odd' }, { Sid: 'Tls' }] } },
    },
  },
};

describe('the copy of the assembly for the emulator', () => {
  it('is without resources of the types on the list, and what only speaks of them', () => {
    const { template, dropped } = without(TEMPLATE, { ...GAPS, unknown: [] });
    expect(dropped).toEqual([{ id: 'Thing', type: 'AWS::Odd::Thing' }]);
    expect(Object.keys(template.Resources)).toEqual(['Alias', 'Policy']);
    expect(template.Resources.Alias).toMatchObject({ UpdatePolicy: { Other: true }, Properties: { Name: 'live' } });
    expect(JSON.stringify(template)).not.toContain('ByThing');
  });

  it('is without the statements on the list, and with all others', () => {
    const { template, dropped } = without(TEMPLATE, { ...GAPS, refused: [] });
    expect(dropped).toEqual([{ id: 'Policy', type: 'AWS::S3::BucketPolicy', sid: 'Odd' }]);
    expect(template.Resources.Policy!.Properties).toEqual({ PolicyDocument: { Statement: [{ Sid: 'Tls' }] } });
  });

  it.each([
    ['Ref', { Properties: { Name: { Ref: 'Thing' } } }],
    ['Fn::GetAtt', { Properties: { Arn: { 'Fn::GetAtt': ['Thing', 'Arn'] } } }],
    ['DependsOn', { DependsOn: ['Thing'] }],
  ])('is not made where something else refers to what has to go, by %s', (_, attributes) => {
    const Resources = { ...TEMPLATE.Resources, Other: { Type: 'AWS::SNS::Topic', ...attributes } };
    expect(() => without({ Resources }, GAPS)).toThrow(DanglingReferenceError);
  });

  describe('on disk', () => {
    let folder: string;
    beforeEach(() => {
      folder = temporaryFolder('assembly');
    });

    it('leaves the original and every other file alone, and says what it is without', () => {
      const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to')];
      mkdirSync(from);
      writeFileSync(path.join(from, 'A.template.json'), JSON.stringify(TEMPLATE));
      const plain = JSON.stringify({ Resources: {} });
      for (const name of ['B.template.json', 'manifest.json']) writeFileSync(path.join(from, name), plain);
      const dropped = copyWithout(from, to, GAPS);
      expect([...dropped.keys()]).toEqual(['A']);
      expect(dropped.get('A')!.map(({ id }) => id)).toEqual(['Thing', 'Policy']);
      expect(JSON.parse(readFileSync(path.join(from, 'A.template.json'), 'utf8'))).toEqual(TEMPLATE);
      for (const name of ['B.template.json', 'manifest.json'])
        expect(readFileSync(path.join(to, name), 'utf8')).toBe(plain);
    });
  });
});
