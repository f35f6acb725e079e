/** Repeatable random numbers (mulberry32), uniform in [0, 1). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draws binomial variates, one uniform number each, by the inverse of their distribution. */
export function binomial(n: number, p: number): (uniform: () => number) => number {
  const cumulated: number[] = [];
  let sum = 0;
  for (let k = 0, mass = (1 - p) ** n; k <= n; mass *= ((n - k) / (k + 1)) * (p / (1 - p)), k++) {
    sum += mass;
    cumulated.push(sum);
  }
  return (uniform) => {
    const u = uniform();
    let k = 0;
    while (k < n && u >= cumulated[k]!) k++;
    return k;
  };
}
