import { expect, it } from 'vitest';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import { homeWith } from '../quarantine/fixture.ts';

/** What is left of a dropped file when somebody is forgotten; undefined where the file is gone. */
async function leftOf(text: string, name = 'x.csv', file: object = {}, subject = 'anna'): Promise<string | undefined> {
  const key = `incoming/other/${name}`;
  const contract = {
    features: [{ name: 'n', type: 'float' }],
    data: { id: 'id', extra: ['who'], subject: 'who', personal: { who: 'hash' } },
    file,
  };
  const home = await homeWith(contract, text, key);
  try {
    await forget(home, { subject, actor: 'test' });
    return (await home.data.head(key)) && Buffer.from(await home.data.get(key)).toString();
  } finally {
    await home.close();
  }
}

it('tells records apart that end with a lone carriage return', async () => {
  expect(await leftOf('id,n,who\r1,5,anna\r2,500,anna\r3,6,bob\r')).toBe('id,n,who\r3,6,bob\r');
});

it('reads lines of JSON as validation does: bare NaN, and escapes', async () => {
  const [before, after] = ['\ufeff{"id":1,"n":1,"who":"bob"}\r\n', '{"id":4,"n":NaN, "who":"bob","at":"anna"}'];
  const annas = [
    '{"id":3,"n":NaN,"who":"\\u0061nna"}\n',
    '{"id":5,"n":1,"who":"anna","other":1}\r\n',
    '{"id":6,"who":"\\u0061nna",\n',
    '{"id":7,"who":"anna","who":"bob"}\n',
  ];
  expect(await leftOf(`${before}${annas.join('')}\n${after}`, 'x.jsonl')).toBe(`${before}\n${after}`);
});

it('holds a record to the lines that the contract gives it, and keeps what only looked quoted', async () => {
  const rows = Array.from({ length: 9 }, (_, i) => `${i + 4},1,bob\n`).join('');
  const text = `id,n,who\n1,5,"bob\n2,5,anna\n3,5,bob\n${rows}`;
  expect(await leftOf(text, 'x.csv', { maxRecordLines: 2 })).toBe(text.replace('2,5,anna\n', ''));
});

it('divides fields as the contract says, and keeps a row that mentions the subject elsewhere', async () => {
  const text = 'id;n;who\r\nanna;5;bob\r\n2;5;anna\r\n\r\n3;5;"a;b"\r\n';
  expect(await leftOf(text, 'x.csv', { delimiter: ';' })).toBe(text.replace('2;5;anna\r\n', ''));
});

it('takes the subject at its exact text', async () => {
  const text = 'id,n,who\n6,8, anna\n7,8,"anna"\n8,8,bob';
  expect(await leftOf(text)).toBe('id,n,who\n6,8, anna\n8,8,bob');
});

it('erases records that cannot be read where they mention the subject, and the file when no row is left', async () => {
  const long = 'x'.repeat(3 << 20);
  const bad = `1,5,anna,more\n2,5,"x"anna\n3,${long} anna ${long}\n`;
  expect(await leftOf(`id,n,who\n${bad}4,${long},bob\n5,5\n`)).toBe(`id,n,who\n4,${long},bob\n5,5\n`);
  expect(await leftOf(`id,n,who\n${bad}`)).toBeUndefined();
});

it('erases all lines of a record that was refused: for its delimiter, its header, or the lines that it takes', async () => {
  const secret = '1;5;anna;"x\nSECRET\n more"\n';
  for (const delimiter of ';|\t') {
    const [head, bob] = ['id;n;who;note\n', '3;5;bob;y\n'].map((line) => line.replaceAll(';', delimiter));
    expect(await leftOf(head + secret.replaceAll(';', delimiter) + bob)).toBe(head! + bob!);
  }
  // Nothing tells what divides these fields, nor whether the quote is ever closed.
  expect(await leftOf('id~n~who\n1~5~anna~"x\nSECRET"\n3~5~bob\n')).toBe('id~n~who\n3~5~bob\n');
  expect(await leftOf('id~n~who\n1~5~anna~"x\nSECRET\n3~5~bob\n')).toContain('anna');
  const [head, long] = ['id,n,who,note\n', 'x\n'.repeat(60)];
  expect(await leftOf(`${head}1,5,anna,"${long}a,b,c,SECRET\nmore"\n3,5,bob,y\n`)).toBe(`${head}3,5,bob,y\n`);
  // A stray quote, and lines that belong to nothing else.
  expect(await leftOf(`${head}1,5,anna,"x\nSECRET\n3,5,bob,"y"\n4,5,bob,z\n`)).toBe(`${head}3,5,bob,"y"\n4,5,bob,z\n`);
  const bob = '{"id":3,"who":"bob"}\n{\n "id":4\n}\n';
  expect(await leftOf(`${bob}{\n "note": "SECRET",\n "who": "anna"\n}\n${bob}`, 'x.jsonl')).toBe(bob + bob);
});

it('leaves a line in the place of one that kept a quote from going on, or a header from being one', async () => {
  const erased = '"erased" by request';
  const text = 'id,n,who\n1,5,"bob\n2,5,"anna" x\n3,5,carl\n4,5,dora"\n';
  const left = text.replace('2,5,"anna" x', erased);
  expect(await leftOf(text)).toBe(left);
  for (const subject of ['erased', 'request']) expect(await leftOf(left, 'x.csv', {}, subject)).toBe(left);
  expect(await leftOf('anna,x\nid,n,who\n1,5,bob\n')).toBe(`${erased},\nid,n,who\n1,5,bob\n`);
});

it('names every file with rows that do not say whom they are about', async () => {
  const contract = {
    features: [{ name: 'n', type: 'float' }],
    data: { id: 'id', extra: ['who'], subject: 'who', personal: { who: 'hash' } },
  };
  const home = await homeWith(contract, '{"id":1,"n":1,"who":"bob"}\n{"id":2,"n":1}\n', 'incoming/other/named.jsonl');
  try {
    const files = {
      'other.jsonl': '{"id":1,"n":1,"who":"bob"}\n{"id":2,"n":1,"customer":"anna"}\n',
      'without.jsonl': '{"id":1,"n":1}\n',
      'without.csv': 'id,n\n1,1\n',
    };
    for (const [name, text] of Object.entries(files)) await home.data.put(`incoming/other/${name}`, text);
    const { unnamed, unread } = await forget(home, { subject: 'anna', actor: 'test' });
    expect([unnamed.sort(), unread]).toEqual([
      Object.keys(files)
        .map((name) => `incoming/other/${name}`)
        .sort(),
      [],
    ]);
  } finally {
    await home.close();
  }
});

it('finds a subject with quotes in records that cannot be read, as CSV doubles them and JSON escapes them', async () => {
  const rest = 'id,n,who\n3,5,bob\n';
  expect(await leftOf(`${rest}1,5,"an""na",more\n2,5,"x"an""na\n`, 'x.csv', {}, 'an"na')).toBe(rest);
  const line = '{"id":3,"who":"bob"}\n';
  expect(await leftOf(`${line}{"id":1,"who":"an\\"na",\n`, 'x.jsonl', {}, 'an"na')).toBe(line);
});
