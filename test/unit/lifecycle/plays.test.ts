import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../lib/config/config.ts';
import { DEFAULT_SEGMENTS } from '../../../lib/config/default-segments.ts';
import { LONG_GONE_PLAY, playsOf, STAGE_PLAYS, WARNING_PLAYS } from '../../../lib/lifecycle/plays.ts';
import { STAGES, WARNING_LEVELS } from '../../../lib/lifecycle/words.ts';

const { longGoneDays } = configSchema.parse({}).plays;
const of = (stage: (typeof STAGES)[number], warningLevel: (typeof WARNING_LEVELS)[number] | null, silenceDays: number | null) =>
  playsOf({ stage, warningLevel, silenceDays, longGoneDays });

describe('plays', () => {
  it('are distinct, in English without Chinese and in Chinese', () => {
    const all = [...Object.values(STAGE_PLAYS), ...Object.values(WARNING_PLAYS), LONG_GONE_PLAY];
    expect(all).toHaveLength(STAGES.length + WARNING_LEVELS.length);
    expect(new Set(all.flatMap(({ en, zh }) => [en, zh])).size).toBe(2 * all.length);
    for (const { en, zh } of all) {
      expect(en).toMatch(/^[ -~]+\.$/);
      expect(zh).toMatch(/^[\p{Script=Han}].*。$/u);
    }
  });

  it('are those of the default segments', () => {
    const known = new Set([...Object.values(STAGE_PLAYS), ...Object.values(WARNING_PLAYS), LONG_GONE_PLAY]);
    expect(DEFAULT_SEGMENTS.filter(({ play }) => !known.has(play))).toEqual([]);
  });
});

describe('playsOf', () => {
  it('suggests the play of the stage, after that of the warning where there is one', () => {
    for (const stage of STAGES) expect(of(stage, null, null)).toEqual([STAGE_PLAYS[stage]]);
    expect(of('loyal', 'none', 3)).toEqual([STAGE_PLAYS.loyal]);
    for (const level of ['watch', 'warning', 'critical'] as const) {
      expect(of('declining', level, 90)).toEqual([WARNING_PLAYS[level], STAGE_PLAYS.declining]);
    }
  });

  it('tells to stop spending on a churned customer who has been silent for 730 days', () => {
    expect([of('churned', null, 729), of('churned', null, 730)]).toEqual([[STAGE_PLAYS.churned], [LONG_GONE_PLAY]]);
    expect(of('declining', 'critical', 5000)).toEqual([WARNING_PLAYS.critical, STAGE_PLAYS.declining]);
  });
});
