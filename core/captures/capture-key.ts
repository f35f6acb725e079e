import { hourFolder } from '../model/hour-folder.ts';

/** Where captures are kept in their store. */
export const CAPTURES = 'captures/';

/** The folder of the captures that were delivered in the hour of an instant (UTC), without a slash behind it. */
export const capturesFolder = (at: string): string => `${CAPTURES}${hourFolder(at)}`;

/** Key of captures that are delivered at an instant (UTC): JSON lines, gzipped where the name says so. */
export const captureKey = (at: string, name: string): string => `${capturesFolder(at)}/${name}`;
