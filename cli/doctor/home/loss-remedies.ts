const PAGE = 'runbook: bookkeeping.md';

/** What is to be done about what cannot be written, by its reason. */
export const LOSS_REMEDIES: Readonly<Record<string, string>> = {
  'disk-full': `make room on the disk of the home: it goes on by itself; ${PAGE}`,
  'read-only': `the disk of the home takes no writes: see why the system has made it so, mount it for writing again; ${PAGE}`,
  'not-permitted': `let the user of the process write to the home; ${PAGE}`,
  'too-slow': `see what keeps the disk busy, or give the home a faster one; ${PAGE}`,
  quota: `one caller sends more than its share: see the access log of what is in front; ${PAGE}`,
  failed: `see the message; ${PAGE}`,
};
