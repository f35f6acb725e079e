/** Words that protocols have in their paths. */
const WORDS = new Set(
  (
    'v1 v2 v1.0 v0.1 api models versions labels infer ready live health repository index load unload stats metadata ' +
    'trimtab release truth outcomes predictions explanations explain invocations ping endpoints seldon feedback status ' +
    'predict classify regress metrics openapi.json docs all classes'
  ).split(' '),
);
const VERBS = /^(.+)(:(?:predict|classify|regress|explain))$/;
/** Segments that are kept; what is longer was no protocol's. */
const MAX_SEGMENTS = 12;

/**
 * A path as it may stand in a log: words of protocols, names of models that there are, and numbers of versions. All
 * else may be anything, a customer's number or an address, and becomes `*`.
 */
export function pathForLogs(path: string, isModel: (name: string) => boolean): string {
  const segments = path.split('/').slice(0, MAX_SEGMENTS);
  return segments
    .map((segment, i) => {
      const [, name = segment, verb = ''] = VERBS.exec(segment) ?? [];
      if (name === '' || WORDS.has(name) || isModel(name)) return name + verb;
      const before = segments[i - 1];
      const version = /^\d{1,9}$/.test(name) && before !== undefined && (before === 'versions' || isModel(before));
      return (version ? name : '*') + verb;
    })
    .join('/');
}
