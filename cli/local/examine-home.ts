import { existsSync, readFileSync, statSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { LockHeldError } from '../../lib/errors.ts';
import { lakeKeys } from '../../lib/keys.ts';
import { examineState } from '../../lib/run/doctor/examine-state.ts';
import { examine, type Finding, ok, oneLine, problem, warning } from '../../lib/run/doctor/finding.ts';
import { configFile, type HomeOptions, homeDir } from '../context.ts';
import { openHome } from './home.ts';
import { homeDeps } from './home-deps.ts';

/** Node of which the sources are written. */
const NODE_MAJOR = 24;

/** Free bytes below which a disk is nearly full, and below which a night hardly ends. */
const FREE_BYTES = { warning: 5 * 2 ** 30, problem: 2 ** 29 } as const;

/** Milliseconds to wait for another process that holds the home. */
const WAIT_MS = 300;

const FOLDERS = ['lake', 'exports', 'dynamo'] as const;

/** Looks at a home and changes nothing outside `dynamo/`. Never throws: what cannot be read is a finding. */
export async function examineHome(options: HomeOptions): Promise<Finding[]> {
  const dir = homeDir(options);
  const findings = [checkNode()];
  const present = FOLDERS.filter((name) => existsSync(join(dir, name)));
  const files = [dir, ...present.map((name) => join(dir, name))].filter(
    (path) => existsSync(path) && !statSync(path).isDirectory(),
  );
  if (files.length > 0) {
    return [
      ...findings,
      problem('home', `${files.join(', ')}: no folder`, 'Move it away, then restore the folder of that name from a copy.'),
    ];
  }
  if (present.length === 0) {
    const found = existsSync(dir) ? `${dir} has no lake/, exports/ or dynamo/` : `${dir}: there is none`;
    return [...findings, problem('home', found, 'Name another with --home, or begin with demo, put or config put.')];
  }
  const absent = FOLDERS.filter((name) => !present.includes(name));
  // `put` alone makes the lake; the rest comes with the first run.
  const isNew = absent.length === 2 && present[0] === 'lake' && !existsSync(join(dir, 'lake', lakeKeys.runsPrefix));
  if (isNew) findings.push(ok('home', `${dir}, drops alone: no run yet`, 'Begin: `run`.'));
  else if (absent.length > 0) {
    findings.push(
      problem('home', `${dir}: ${absent.map((name) => `${name}/`).join(' and ')} missing`, 'Restore it from a copy.'),
    );
  } else findings.push(ok('home', dir));
  findings.push(await examine('rights', () => checkRights(dir, present)));
  findings.push(await examine('disk', () => checkDisk(dir)));
  return absent.length > 0 ? findings : [...findings, ...(await examineOpened(dir, options))];
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major === NODE_MAJOR) return ok('node', process.version);
  return warning('node', `${process.version}, expected ${NODE_MAJOR}`, 'Use `npm run -s perennial`, which brings its own.');
}

async function checkRights(dir: string, folders: readonly string[]): Promise<Finding> {
  const refused: string[] = [];
  for (const name of folders) {
    await access(join(dir, name), constants.R_OK | constants.W_OK | constants.X_OK).catch(() => refused.push(`${name}/`));
  }
  if (refused.length === 0) return ok('rights', 'can be read and written');
  return problem('rights', `${refused.join(', ')} cannot be read and written`, 'Correct owner or permissions.');
}

async function checkDisk(dir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  if (free < FREE_BYTES.problem) return problem('disk', found, 'Make room before the next run.');
  return free < FREE_BYTES.warning ? warning('disk', found, 'Make room soon.') : ok('disk', found);
}

/** The checks that need the database of the home, which one process at a time can open. */
async function examineOpened(dir: string, options: HomeOptions): Promise<Finding[]> {
  const command = process.argv.slice(2).join(' ');
  let home: Awaited<ReturnType<typeof openHome>>;
  try {
    home = await openHome(dir, { waitMs: WAIT_MS, command });
  } catch (error) {
    const message = oneLine((error as Error).message);
    if (error instanceof LockHeldError) return [warning('holder', message, 'Look again when that process has ended: `doctor`.')];
    return [problem('database', message, 'Restore dynamo/ from a copy.')];
  }
  try {
    const config = readConfigText(options);
    const deps = homeDeps(home, config.text);
    return [ok('holder', 'nobody else'), ...config.findings, ...(await examineState(deps, configFile(options) ?? ''))];
  } finally {
    await home.close();
  }
}

/** The text of the configuration file, valid or not: that is for the check of the configuration to say. */
function readConfigText(options: HomeOptions): { text: string; findings: Finding[] } {
  const file = configFile(options);
  if (file === undefined) return { text: '', findings: [] };
  try {
    return { text: readFileSync(file, 'utf8') || ' ', findings: [] };
  } catch (error) {
    return { text: '', findings: [problem('config file', oneLine((error as Error).message), 'Correct the path.')] };
  }
}
