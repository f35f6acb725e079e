import { appendFile, rename, stat } from 'node:fs/promises';
import type { Bus, BusEvent, Clock } from '../ports.ts';
import { makePrivateFile } from '../private-files.ts';

/** Size at which the file is put aside as `<name>.1` (the one before is dropped); bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Events as lines of `events.jsonl`. */
export class LocalBus implements Bus {
  constructor(
    readonly file: string,
    readonly clock: Clock,
    readonly environment: string,
  ) {}

  async publish(published: BusEvent): Promise<void> {
    const event = { ...published, detail: { environment: this.environment, ...published.detail } };
    const size = await stat(this.file).then(
      (info) => info.size,
      () => 0,
    );
    // Another process may be first to put it aside; then there is nothing left to rename.
    if (size > MAX_BYTES) await rename(this.file, `${this.file}.1`).catch(() => undefined);
    makePrivateFile(this.file);
    await appendFile(this.file, `${JSON.stringify({ time: this.clock.now().toISOString(), ...event })}\n`);
  }
}
