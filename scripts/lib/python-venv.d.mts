/** Why there is none: no Python, or a package that cannot be had. */
export class NoVenv extends Error {}

/**
 * Makes an environment of Python that holds exactly what is asked for, unless it is there.
 *
 * @param name folder under .cache/
 * @param packages arguments of `pip install`
 * @returns the folder of its programs
 * @throws NoVenv
 */
export function venv(name: string, packages: readonly string[]): string;
