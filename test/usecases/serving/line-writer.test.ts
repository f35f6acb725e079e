import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lineWriter } from '../../../usecases/serving/line-writer.ts';

describe('lineWriter', () => {
  it('writes what one turn brings forth at once, and before the next turn begins', async () => {
    const written: string[] = [];
    const emit = lineWriter((text) => written.push(text));
    emit('a');
    await Promise.resolve();
    emit('b');
    await Promise.resolve().then(() => emit('c'));
    expect(written).toEqual([]);
    await setImmediate();
    expect(written).toEqual(['a\nb\nc\n']);
    emit('d');
    await setImmediate();
    expect(written).toEqual(['a\nb\nc\n', 'd\n']);
  });
});
