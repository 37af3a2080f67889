import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from '../../../lib/errors.ts';
import { CACHE } from './cache.ts';

const run = promisify(execFile);

/** MiniStack needs 3.10; newer ones are tried by name where `python3` is an older one. */
const OLDEST_MINOR = 10;
const COMMANDS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/** A cold download of moto's 80 packages took 40 s here. */
const INSTALL_LIMIT_MS = 600_000;

const HALF_MADE_MS = 3_600_000;

const PROBE = 'import sys; print(sys.version_info[0], sys.version_info[1]); import venv, ensurepip';

/**
 * The Python of a virtual environment that holds exactly what `<tool>.requirements.txt` beside this file lists. It is made below
 * `.cache/<tool>` once, and again when the list changes.
 *
 * It is made under a name of this process and renamed when it is whole: one killed half-way, or two at once, do no harm.
 *
 * @returns path of the interpreter; start the tool with `-m`, for scripts of a renamed environment name a wrong one
 * @throws ConfigError that says what is missing when there is no Python of 3.10 or newer, no venv module, or no download
 */
export async function pythonTool(tool: string): Promise<string> {
  const requirements = fileURLToPath(new URL(`./${tool}.requirements.txt`, import.meta.url));
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const name = `venv-${hash.slice(0, 12)}`;
  const folder = join(CACHE, tool);
  const python = join(folder, name, 'bin', 'python');
  if (await isAlive(python)) return python;

  const base = await findPython(tool);
  const making = join(folder, `${name}.${process.pid}.making`);
  await mkdir(folder, { recursive: true });
  await removeOld(folder, name);
  try {
    await install(tool, base, making, requirements);
    await settle(making, join(folder, name), python);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}

/** False too for an environment whose base Python was removed since. */
async function isAlive(python: string): Promise<boolean> {
  try {
    await run(python, ['-c', '']);
    return true;
  } catch {
    return false;
  }
}

async function findPython(tool: string): Promise<string> {
  const seen: string[] = [];
  for (const command of COMMANDS) {
    const { stdout, missing, stderr } = await probe(command);
    if (missing) continue;
    const [major = 0, minor = 0] = stdout.split(' ').map(Number);
    const isNew = major > 3 || (major === 3 && minor >= OLDEST_MINOR);
    if (isNew && stderr === '') return command;
    seen.push(`${command} ${major}.${minor}${isNew ? ' without the modules venv and ensurepip' : ''}`);
  }
  throw new ConfigError(
    `Python for ${tool}: ${seen.length === 0 ? 'none on the PATH' : `only ${seen.join(', ')}`}, expected Python 3.${OLDEST_MINOR} or ` +
      'newer with the module venv. Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python) ' +
      'and run the command again.',
  );
}

async function probe(command: string): Promise<{ stdout: string; stderr: string; missing: boolean }> {
  try {
    const { stdout } = await run(command, ['-c', PROBE]);
    return { stdout, stderr: '', missing: false };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    // A version manager may leave a command that only says that it is not installed: it prints no version.
    return { stdout, stderr: stderr || String(error), missing: code === 'ENOENT' || !/^\d+ \d+/.test(stdout) };
  }
}

async function install(tool: string, base: string, folder: string, requirements: string): Promise<void> {
  const python = join(folder, 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', requirements];
  try {
    await run(base, ['-m', 'venv', folder], { timeout: INSTALL_LIMIT_MS });
    await run(python, pip, { timeout: INSTALL_LIMIT_MS });
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string };
    throw new ConfigError(
      `Python packages of ${tool}: ${stderr.trim().split('\n').slice(-3).join(' ') || String(cause)}, expected an installation of ` +
        `test/support/emulators/${tool}.requirements.txt. It needs the package index of Python once; see docs/testing.md.`,
      { cause },
    );
  }
}

/** Another process may have been faster: its environment holds the same. One that does not start is replaced. */
async function settle(made: string, place: string, python: string): Promise<void> {
  if (await isAlive(python)) return;
  await rm(place, { recursive: true, force: true });
  try {
    await rename(made, place);
  } catch (error) {
    if (!(await isAlive(python))) throw error;
  }
}

/** Environments of earlier lists, and what a killed process left half made. */
async function removeOld(folder: string, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('venv-')) continue;
    const { mtimeMs } = await stat(join(folder, name));
    const isOther = !name.startsWith(keep) && !name.endsWith('.making');
    const isLeft = name.endsWith('.making') && Date.now() - mtimeMs > HALF_MADE_MS;
    if (isOther || isLeft) await rm(join(folder, name), { recursive: true, force: true });
  }
}
