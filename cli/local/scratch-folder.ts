import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Signals that end a command. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A folder that ends with the work that it was made for. */
export interface ScratchFolder {
  /** `file:///folder`. */
  readonly url: string;
  /** Removes it with all that it holds. */
  remove(): Promise<void>;
}

/**
 * A new folder among the system's for temporary files, closed to others. It is removed by `remove`, and also when the process ends
 * before that, as at Ctrl-C.
 *
 * @param name what it is for: the folder is called `perennial-<name>-` and six letters
 */
export async function makeScratchFolder(name: string): Promise<ScratchFolder> {
  const dir = await mkdtemp(join(tmpdir(), `perennial-${name}-`));
  const disarm = removeAtEnd(dir);
  return {
    url: pathToFileURL(dir).href,
    async remove() {
      disarm();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Removes a folder also when the process is ended before its work is done. @returns what takes that back */
function removeAtEnd(dir: string): () => void {
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const onSignal = (signal: NodeJS.Signals) => {
    disarm();
    remove();
    process.kill(process.pid, signal);
  };
  const disarm = () => {
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return disarm;
}
