import { ReleaseRefusedError } from './errors.ts';

/** @throws ReleaseRefusedError always */
export function refuse(message: string): never {
  throw new ReleaseRefusedError(message);
}
