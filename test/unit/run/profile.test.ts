import { expect, it } from 'vitest';
import { byteColumnOf, NO_CODE, NO_INT } from '../../../lib/arrow/columns.ts';
import { SCORES } from '../../../lib/arrow/schemas.ts';
import { WARNING_LEVELS } from '../../../lib/lifecycle/words.ts';
import { profileItem, profilesDiffer } from '../../../lib/run/profile.ts';
import type { ScoreFile } from '../../../lib/run/score-files.ts';
import { DAY_0 } from '../../support/facts.ts';

/** A customer of whom everything is null but what is given and what never is. */
function fileOf(changes: Readonly<Record<string, number>>): ScoreFile {
  const values: Readonly<Record<string, number>> = { frequency: 0, monetary_minor: 0, ...changes };
  const columns = Object.entries(SCORES).map(([name, { kind }]) => {
    const missing = kind === 'code' || kind === 'uint8' ? NO_CODE : kind === 'int32' || kind === 'date' ? NO_INT : Number.NaN;
    return [name, kind === 'utf8' ? byteColumnOf(['ann']) : [values[name] ?? missing]];
  });
  return {
    rows: 1,
    columns: Object.fromEntries(columns),
    bits: new Uint32Array(1),
    heldOut: new Uint32Array(1),
    shownPReturn: Float64Array.of(Number.NaN),
    shownClvMinor: Float64Array.of(Number.NaN),
    segments: [],
    currency: 'EUR',
    words: new Map(),
  } as ScoreFile;
}

it('a profile shows the next change and the level of the warning, and is written when one of them changes', () => {
  const watch = WARNING_LEVELS.indexOf('watch');
  const shown = fileOf({ next_change_on: DAY_0, warning_level: watch });
  expect(profileItem(shown, 0, 7)).toMatchObject({ customer_id: 'ann', next_change_on: '2024-01-01', warning_level: 'watch' });
  expect(profileItem(fileOf({}), 0, 7)).toMatchObject({ next_change_on: null, warning_level: null });
  const differs = (changes: Readonly<Record<string, number>>) => profilesDiffer(shown, 0, fileOf(changes), 0);
  expect(differs({ next_change_on: DAY_0, warning_level: watch })).toBe(false);
  expect(differs({ next_change_on: DAY_0 + 1, warning_level: watch })).toBe(true);
  expect(differs({ next_change_on: DAY_0, warning_level: watch + 1 })).toBe(true);
  // what moves by itself every night is no reason to write
  expect(differs({ next_change_on: DAY_0, warning_level: watch, warning_points: 2, value_at_risk_minor: 5, q: 0.4 })).toBe(false);
});
