import { describe, expect, it } from 'vitest';
import { type Decision, evaluate, type PolicyStatement, type Request } from './iam.ts';

const ADA = 'arn:aws:iam::111122223333:role/ada';
const ask = (action: string, resource: string, context?: Request['context']): Request => ({
  principal: ADA,
  action,
  resource,
  context,
});
const read: PolicyStatement = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::b/a?c/*' };

describe('evaluate', () => {
  it.each<[string, Request, Decision]>([
    ['what is allowed', ask('s3:GetObject', 'arn:aws:s3:::b/abc/x/y'), 'allowed'],
    ['actions in any case', ask('S3:getobject', 'arn:aws:s3:::b/abc/x'), 'allowed'],
    ['what nothing allows', ask('s3:PutObject', 'arn:aws:s3:::b/abc/x'), 'denied'],
    ['? for one character only', ask('s3:GetObject', 'arn:aws:s3:::b/abbc/x'), 'denied'],
    ['resources in their case', ask('s3:GetObject', 'arn:aws:s3:::b/ABC/x'), 'denied'],
    ['dots as dots', ask('s3:GetObject', 'arn:aws:s3:::b/a.c/x'), 'allowed'],
  ])('knows %s', (_, request, decision) => {
    expect(evaluate(request, [read])).toBe(decision);
  });

  it('lets an explicit deny win over every allow, wherever either is', () => {
    const everything: PolicyStatement = { Effect: 'Allow', Action: '*', Resource: '*' };
    const never: PolicyStatement = {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:DeleteObject',
      Resource: '*',
    };
    expect(evaluate(ask('s3:DeleteObject', 'x'), [everything], [never])).toBe('explicitly denied');
    expect(evaluate(ask('s3:GetObject', 'x'), [everything], [never])).toBe('allowed');
    const open: PolicyStatement = { ...everything, Principal: '*' };
    expect(evaluate(ask('s3:DeleteObject', 'x'), [{ ...never, Principal: undefined }], [open])).toBe(
      'explicitly denied',
    );
  });

  it('takes an allow of the resource’s policy for whom it names only', () => {
    const forLogs: PolicyStatement = {
      Effect: 'Allow',
      Principal: { Service: 'logs.amazonaws.com' },
      Action: '*',
      Resource: '*',
    };
    const request = ask('kms:Decrypt', 'k');
    expect(evaluate(request, [], [forLogs])).toBe('denied');
    expect(evaluate({ ...request, principal: 'logs.amazonaws.com' }, [], [forLogs])).toBe('allowed');
    expect(evaluate(request, [], [{ ...forLogs, Principal: { AWS: ADA } }])).toBe('allowed');
    expect(() => evaluate(request, [], [read])).toThrow('names no principal');
  });

  // Of AWS's guide: condition operators, and the table of what a missing key means.
  it.each<[string, PolicyStatement['Condition'], Request['context'], boolean]>([
    ['Null true, key missing', { Null: { 's3:if-none-match': 'true' } }, {}, true],
    ['Null true, key there', { Null: { 's3:if-none-match': 'true' } }, { 's3:if-none-match': '*' }, false],
    ['Null false, key there', { Null: { k: 'false' } }, { k: '' }, true],
    ['StringEquals, any of several', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
    ['StringEquals is exact', { StringEquals: { k: 'a*' } }, { k: 'ab' }, false],
    ['StringEquals, key missing', { StringEquals: { k: 'a' } }, {}, false],
    ['StringEqualsIfExists, key missing', { StringEqualsIfExists: { k: 'a' } }, {}, true],
    ['StringNotEquals, none of several', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
    ['StringNotEquals, key missing', { StringNotEquals: { k: 'a' } }, {}, true],
    ['StringLike', { StringLike: { 's3:prefix': 'releases/*' } }, { 's3:prefix': 'releases/m/' }, true],
    ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false],
    ['a number', { NumericLessThan: { 's3:TlsVersion': 1.2 } }, { 's3:TlsVersion': '1.1' }, true],
    [
      'all operators, and all keys of each',
      { StringEquals: { k: 'a', l: 'b' }, Bool: { m: 'true' } },
      { k: 'a', l: 'b', m: 'false' },
      false,
    ],
    ['ArnLike keeps to its part', { ArnLike: { k: 'arn:aws:iam::*:role/x' } }, { k: 'arn:aws:iam::1:2:role/x' }, false],
    ['ArnNotLike', { ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:root', `${ADA}*`] } }, {}, false],
    ['ForAllValues, key missing', { 'ForAllValues:StringNotEquals': { 'aws:CalledVia': ['c'] } }, {}, true],
    [
      'ForAllValues, one of them',
      { 'ForAllValues:StringNotEquals': { 'aws:CalledVia': ['c'] } },
      { 'aws:CalledVia': ['a', 'c'] },
      false,
    ],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { k: ['c'] } }, { k: ['a', 'c'] }, true],
  ])('evaluates %s', (_, Condition, context, holds) => {
    expect(evaluate(ask('a:b', 'r', context), [{ Effect: 'Allow', Action: '*', Resource: '*', Condition }])).toBe(
      holds ? 'allowed' : 'denied',
    );
  });

  it('does not guess what it does not know', () => {
    const odd: PolicyStatement = {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { IpAddress: { k: '::1' } },
    };
    expect(() => evaluate(ask('a:b', 'r'), [odd])).toThrow('no condition operator IpAddress');
  });
});
