import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import os from 'node:os';

const TOKEN = /^(\d{1,10})-([0-9a-f]{8})-([0-9a-z]{1,16})$/;

/**
 * Numbers of processes mean something within one PID namespace of one run of one machine: containers that share a
 * folder may have the same host name, as may machines. Namespaces are numbered alike on all machines, hence the id of
 * the boot. Where a system has neither, the host name has to do.
 */
const NUMBERED_BY = [
  orNothing(() => readlinkSync('/proc/self/ns/pid')),
  orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
];

const host = (): string =>
  createHash('sha256')
    .update([os.hostname(), ...NUMBERED_BY].join('\n'))
    .digest('hex')
    .slice(0, 8);

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Names the running process, for files that are its own until it ends: number, by whom numbers are given (machine, boot
 * and PID namespace), and when it was started, for numbers are given again.
 */
export const processToken = (): string => `${process.pid}-${host()}-${startOf(process.pid) ?? '0'}`;

/**
 * Whether the process of a token is no more.
 *
 * @returns undefined when that cannot be told: it is no token, or one of another machine, boot or PID namespace
 */
export function isProcessGone(token: string): boolean | undefined {
  const [, pid, machine, started] = TOKEN.exec(token) ?? [];
  if (pid === undefined || machine !== host()) return undefined;
  if (!isRunning(Number(pid))) return true;
  const now = startOf(Number(pid));
  return started !== '0' && now !== undefined && now !== started;
}

/** Whether a file or folder that carries a token has been left: its process is gone, or it is of elsewhere and old. */
export function isLeft(token: string, path: string, foreignAgeMs: number): boolean {
  const gone = isProcessGone(token);
  if (gone !== undefined) return gone;
  const info = statSync(path, { throwIfNoEntry: false });
  return info !== undefined && Date.now() - info.mtimeMs > foreignAgeMs;
}

/** Whether a process of this machine is running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process was started, in ticks since the machine was (proc(5), field 22); undefined where nothing says so. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program, in brackets, may hold anything.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : Number(ticks).toString(36);
  } catch {
    return undefined;
  }
}
