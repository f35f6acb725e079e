import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import os from 'node:os';

const TOKEN = /^(\d{1,10})-([0-9a-f]{8})([0-9a-f]{8})-([0-9a-z]{1,16})$/;

/**
 * Numbers of processes mean something within one PID namespace of one run of one machine: containers that share a
 * folder may have the same host name, as may machines. Namespaces are numbered alike on all machines, hence the id of
 * the boot. Where a system has neither, the host name has to do.
 */
const NAMESPACE = orNothing(() => readlinkSync('/proc/self/ns/pid'));
const BOOT = orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
/** Of all processes of a machine that are in no container (PROC_PID_INIT_INO of Linux). */
const FIRST_NAMESPACE = 'pid:[4026531836]';
/**
 * What stays of a machine when it starts again (machine-id(5)); empty where that is not known. In a container it never is:
 * its files, and with them its id, may be those of others, and one of its name may go on elsewhere.
 */
const MACHINE = NAMESPACE === FIRST_NAMESPACE ? orNothing(() => readFileSync('/etc/machine-id', 'utf8').trim()) : '';

const digestOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);

/** By which machine numbers are given, and by which of its boots and namespaces. */
const numberedBy = () => {
  const numbers = digestOf(os.hostname(), NAMESPACE, BOOT);
  return { machine: MACHINE === '' ? numbers : digestOf(os.hostname(), MACHINE), numbers };
};

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Names the running process, for files that are its own until it ends: number, by whom numbers are given (machine, then
 * boot and PID namespace), and when it was started, for numbers are given again.
 */
export const processToken = (): string => {
  const { machine, numbers } = numberedBy();
  return `${process.pid}-${machine}${numbers}-${startOf(process.pid) ?? '0'}`;
};

/**
 * Whether the process of a token is no more. None outlives its boot.
 *
 * @returns undefined when that cannot be told: it is no token, or one of another machine or PID namespace
 */
export function isProcessGone(token: string): boolean | undefined {
  const [, pid, machine, numbers, started] = TOKEN.exec(token) ?? [];
  const here = numberedBy();
  if (pid === undefined || machine !== here.machine) return undefined;
  // Of this machine, in no container either, and not of this boot.
  if (numbers !== here.numbers) return true;
  if (!isRunning(Number(pid))) return true;
  const now = startOf(Number(pid));
  return started !== '0' && now !== undefined && now !== started;
}

/** Whether the process of a token is certainly this one: running here, and started when it says. */
export function isProcessHere(token: string): boolean {
  const [, pid, machine, numbers, started] = TOKEN.exec(token) ?? [];
  const here = numberedBy();
  return pid !== undefined && machine === here.machine && numbers === here.numbers && startOf(Number(pid)) === started;
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
