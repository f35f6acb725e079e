import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedList, ListPlace } from '../../../core/guards/linked-list.ts';

describe('LinkedList', () => {
  it('is a set in the order of adding, whatever comes and goes', () => {
    const steps = fc.array(fc.record({ add: fc.boolean(), which: fc.nat(7) }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (all) => {
        const places = Array.from({ length: 8 }, (_, value) => new ListPlace(value));
        const list = new LinkedList<number>();
        const model = new Set<number>();
        for (const { add, which } of all) {
          const place = places[which]!;
          if (!add) expect(list.delete(place)).toBe(model.delete(which));
          else if (model.has(which)) expect(() => list.add(place)).toThrow('in a list already');
          else {
            list.add(place);
            model.add(which);
          }
          expect(list.has(place)).toBe(model.has(which));
        }
        expect([...list]).toEqual([...model]);
        expect(list.first).toBe([...model][0]);
        expect(list.size).toBe(model.size);
      }),
    );
  });

  it('takes no place of another list out, nor adds it', () => {
    const [one, other, place] = [new LinkedList<string>(), new LinkedList<string>(), new ListPlace('a')];
    one.add(place);
    expect(other.delete(place)).toBe(false);
    expect(() => other.add(place)).toThrow('in a list already');
    expect([...one]).toEqual(['a']);
  });

  it('may lose the value that it gave last', () => {
    const places = ['a', 'b', 'c'].map((value) => new ListPlace(value));
    const list = new LinkedList<string>();
    for (const place of places) list.add(place);
    const seen: string[] = [];
    for (const value of list) {
      seen.push(value);
      list.delete(places.find((place) => place.value === value)!);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(list.size).toBe(0);
  });

  it('keeps nothing alive through a place that has left', () => {
    const [first, second] = [new ListPlace('a'), new ListPlace('b')];
    const list = new LinkedList<string>();
    list.add(first);
    list.add(second);
    list.delete(first);
    expect([first.list, first.before, first.after]).toEqual([undefined, undefined, undefined]);
  });
});
