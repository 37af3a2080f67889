import { lakeKeys } from '../keys.ts';
import type { Counts, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { calibrateDate, needsPopulation } from './engine/calibrate-date.ts';
import type { Calibration, EpochBook } from './engine/epoch-record.ts';
import { firstDataDateOf, readCalibration, readEpochBook, readPopulation } from './epoch-files.ts';
import { createJson } from './json-objects.ts';
import { readNightSources } from './night-facts.ts';
import { readConfig, readPlan } from './plan.ts';
import { datesOf } from './receipts.ts';

/** Calibrates every date of a run in order, and writes what is in force on each, and the book of epochs. */
export async function calibrate(run: RunRef, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  const config = await readConfig(deps, plan.configSha256);
  const firstDataDate = await firstDataDateOf(deps, plan);
  const { generation, base } = plan;
  let calibration: Calibration | undefined = base ? await readCalibration(deps, generation, base.dt, base.runId) : undefined;
  const former = base ? await readEpochBook(deps, generation, base.runId) : { changes: [] };
  let book: EpochBook = { firstDataDate, changes: former.changes };
  let [fits, accepted] = [0, 0];
  for (const date of datesOf(plan)) {
    signal.throwIfAborted();
    const wanted = firstDataDate !== null && date >= firstDataDate && needsPopulation(date, firstDataDate, config);
    const population = wanted ? await readPopulation(deps, plan, date, config) : undefined;
    const sources = await readNightSources(deps, plan, date);
    const hasInteractions = sources.some(({ feed }) => feed === 'interactions');
    ({ calibration, book } = calibrateDate(date, calibration, book, population, config));
    calibration = { ...calibration, interactionsOn: hasInteractions ? date : (calibration.interactionsOn ?? null) };
    if (calibration.candidate?.date === date) fits++;
    if (calibration.epoch?.date === date) accepted++;
    await createJson(deps.lake, lakeKeys.calibration({ generation, dt: date, runId: run.runId }), calibration);
  }
  await createJson(deps.lake, lakeKeys.epochs(generation, run.runId), book);
  return { fits, accepted };
}
