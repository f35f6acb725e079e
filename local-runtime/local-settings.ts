import type { SettingName } from '../server/settings.ts';

/** Settings of the server that a laptop wants otherwise: it looks at releases more often, and stops at once. */
export const LOCAL_DEFAULTS: Partial<Readonly<Record<SettingName, string>>> = { refresh: '1', drainDelay: '0' };
