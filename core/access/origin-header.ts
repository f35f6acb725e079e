/** The header by which the distribution in front of an endpoint shows that a request came through it. */
export const ORIGIN_HEADER = 'x-trimtab-origin';
