import { hostname } from 'node:os';
import type { RunDeps } from '../../lib/run/deps.ts';
import { openDeps } from '../../lib/run/open-deps.ts';
import type { Home } from './home.ts';

/** Seconds for which a local run's lease lives without renewal. */
const LEASE_SECONDS = 120;

/**
 * The stores of a home that this process holds. The environment of the process is set too: the SDK reads it at the first request,
 * and so do the handlers of the steps, also those in worker threads.
 *
 * @param configText text of the configuration that was given as a file; '' when none was
 */
export function homeDeps({ env, lakeUrl, exportsUrl, dynamo }: Home, configText: string): RunDeps {
  const command = process.argv.slice(2).join(' ');
  const given = { PERENNIAL_CONFIG: configText, DEPLOYED_CONFIG: '', EXCLUSIVE_HOME: '1' };
  Object.assign(process.env, env, given, {
    LEASE_SECONDS: String(LEASE_SECONDS),
    POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'SILENT',
    // Metrics and traces are of a deployed pipeline: without its name neither is loaded, and standard output stays the command's.
    PIPELINE_NAME: '',
  });
  const { profiles, transitions, runs } = dynamo.tables;
  const places = {
    LAKE_URL: lakeUrl,
    EXPORTS_URL: exportsUrl,
    PROFILES_TABLE: profiles,
    TRANSITIONS_TABLE: transitions,
    RUNS_TABLE: runs,
    LEASE_SECONDS,
    ...given,
  };
  // The home is held by this process alone: whoever is named in a lease is gone.
  return openDeps(places, { host: hostname(), pid: process.pid, command }, () => true);
}
