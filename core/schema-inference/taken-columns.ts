import type { ColumnKind } from './column-kinds.ts';

/** What a column of the data was taken for, where that is not said by the graph. */
export interface TakenColumn {
  readonly column: string;
  readonly as: 'id' | 'time' | 'label' | 'extra' | 'feature without drift';
  /** By what. */
  readonly why: string;
}

/** What is known of the columns. */
interface Assigned {
  readonly carried: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<string, ColumnKind>;
  readonly label: string | undefined;
  readonly labelWhy: string;
  /** What is said of them, and which of id and time nobody has said. */
  readonly options: {
    readonly id?: string | undefined;
    readonly time?: string | undefined;
    readonly ignore?: readonly string[] | undefined;
    readonly guessed?: ReadonlySet<string> | undefined;
  };
}

/** What each column that is not simply a feature was taken for, in the order of the data. */
export function takenColumns(
  names: readonly string[],
  { carried, kinds, label, labelWhy, options }: Assigned,
): TakenColumn[] {
  return names.flatMap((column): TakenColumn[] => {
    const kind = kinds.get(column);
    const by = kind === undefined ? undefined : `${kind.kind}: ${kind.why}`;
    if (carried.has(column)) return by === undefined ? [] : [{ column, as: 'feature without drift', why: by }];
    const guess = options.guessed?.has(column) ? kind?.why : undefined;
    if (column === options.id) return [{ column, as: 'id', why: guess ?? '--id' }];
    if (column === options.time) return [{ column, as: 'time', why: guess ?? '--time' }];
    if (column === label) return [{ column, as: 'label', why: labelWhy }];
    if (options.ignore?.includes(column)) return [{ column, as: 'extra', why: '--ignore' }];
    return [{ column, as: 'extra', why: by ?? 'no input takes it' }];
  });
}
