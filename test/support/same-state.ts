import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import type { Item } from '../../lib/store/tables.ts';
import type { HomeState } from './home-state.ts';

/** Fencing numbers, attempts, instants and who acted: what another number of starts changes, and nothing else may. */
const OF_THE_START = ['runSeq', 'attempt', 'execution', 'openedAt', 'owner', 'until', 'last'];

/** An item without what another number of starts changes; whether a run was committed at all is kept. */
function withoutStart(item: Item): Item {
  const kept = Object.entries(item).filter(([name]) => !OF_THE_START.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, name === 'committedAt' ? value !== '' : value]));
}

/** Items without what another number of starts changes, and without the lease, which tells who acted last. */
export function withoutStarts(items: Readonly<Record<string, Item>>): Record<string, Item> {
  const kept = Object.entries(items).filter(([key]) => key !== 'LEASE -');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutStart(item)]));
}

/** The files that outsiders look at first. */
export function latestFiles(files: HomeState['files']): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.endsWith('/latest.json')));
}

/**
 * What a run wrote, and `latest.json`, without its id: no other byte may tell two runs of the same dates apart. Hashes of files
 * that hold the id go with it.
 */
export function filesOfRun({ files }: HomeState, runId: string): Record<string, string> {
  const own = Object.entries(files).filter(([path]) => path.includes(runId) || path.endsWith('/latest.json'));
  const masked = ([path, text]: [string, string]) => [
    path.replaceAll(runId, 'RUN'),
    path.endsWith('_SUCCESS') ? '' : text.replaceAll(runId, 'RUN').replace(/"manifestSha256": "[0-9a-f]+"/, ''),
  ];
  return Object.fromEntries(own.map(masked)) as Record<string, string>;
}

/** A run of the ledger. */
export function recordOf(state: HomeState, runId: string): RunRecord {
  const record = state.runs[`RUN ${runId}`];
  if (!record) throw new Error(`Run ${runId}: expected in ${Object.keys(state.runs).join(', ')}`);
  return record as unknown as RunRecord;
}

/** Asserts that two homes hold the same files, byte for byte, and the same items, whatever starts they took. */
export function expectSameState(found: HomeState, expected: HomeState): void {
  expect(found.files).toEqual(expected.files);
  expect(withoutStarts(found.profiles)).toEqual(withoutStarts(expected.profiles));
  expect(found.transitions).toEqual(expected.transitions);
  expect(withoutStarts(found.runs)).toEqual(withoutStarts(expected.runs));
  expect(found.scores).toEqual(expected.scores);
}

/** Asserts that outsiders see of `found` what they saw before: pointer, profiles, transition items, `latest.json`, scores. */
export function expectNothingShown(found: HomeState, before: HomeState): void {
  expect(found.current).toEqual(before.current);
  expect(found.profiles).toEqual(before.profiles);
  expect(found.transitions).toEqual(before.transitions);
  expect(latestFiles(found.files)).toEqual(latestFiles(before.files));
  expect(found.scores).toEqual(before.scores);
}

/**
 * Asserts that outsiders see, each item and each `latest.json` for itself, either what they saw before the commit or what they
 * see after the close; and that the scores are the committed ones.
 */
export function expectOnlyCommittedShown(found: HomeState, before: HomeState, after: HomeState): void {
  expect(found.current?.runId).toBe(after.current?.runId);
  expect(found.scores).toEqual(after.scores);
  expectEither(withoutStarts(found.profiles), withoutStarts(before.profiles), withoutStarts(after.profiles));
  expectEither(found.transitions, before.transitions, after.transitions);
  expectEither(latestFiles(found.files), latestFiles(before.files), latestFiles(after.files));
}

function expectEither<T>(found: Record<string, T>, before: Record<string, T>, after: Record<string, T>): void {
  const keys = [...new Set([found, before, after].flatMap((side) => Object.keys(side)))];
  const isOther = (key: string) => ![before, after].some((side) => isDeepStrictEqual(found[key], side[key]));
  expect(keys.filter(isOther)).toEqual([]);
}
