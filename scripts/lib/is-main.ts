import { pathToFileURL } from 'node:url';

/** Whether a module is the program that was started, not one that it imports; `url` is the module's `import.meta.url`. */
export const isMain = (url: string): boolean => url === pathToFileURL(process.argv[1] ?? '').href;
