import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../lib/config/config.ts';
import { DEFAULT_SEGMENTS } from '../../../lib/config/default-segments.ts';
import { LONG_GONE_PLAY, playsOf, STAGE_PLAYS, suggestionsOf, WARNING_PLAYS } from '../../../lib/lifecycle/plays.ts';
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
      for (const stage of ['new', 'growing', 'returned'] as const) {
        expect(of(stage, level, 90)).toEqual([WARNING_PLAYS[level], STAGE_PLAYS[stage]]);
      }
    }
  });

  it('does not hold back the offer of a declining customer, but does where something went wrong', () => {
    expect(of('declining', 'watch', 60)).toEqual([STAGE_PLAYS.declining]);
    expect(of('declining', 'warning', 60)).toEqual([WARNING_PLAYS.warning, STAGE_PLAYS.declining]);
    expect(of('declining', 'critical', 60)).toEqual([WARNING_PLAYS.critical, STAGE_PLAYS.declining]);
  });

  it('does not ask a loyal customer for a recommendation before the trouble is settled', () => {
    expect(of('loyal', 'watch', 3)).toEqual([WARNING_PLAYS.watch, STAGE_PLAYS.loyal]);
    expect(of('loyal', 'warning', 3)).toEqual([WARNING_PLAYS.warning]);
    expect(of('loyal', 'critical', 3)).toEqual([WARNING_PLAYS.critical]);
  });

  it('tells to stop spending on a churned customer who has been silent for 730 days', () => {
    expect([of('churned', null, 729), of('churned', null, 730)]).toEqual([[STAGE_PLAYS.churned], [LONG_GONE_PLAY]]);
    expect(of('declining', 'critical', 5000)).toEqual([WARNING_PLAYS.critical, STAGE_PLAYS.declining]);
  });
});

describe('suggestionsOf', () => {
  const declining = { stage: 'declining', plays: [WARNING_PLAYS.critical, STAGE_PLAYS.declining] } as const;
  const segment = (id: string, play: { en: string; zh: string }, stages?: (typeof STAGES)[number][]) => ({
    id,
    name: { en: id, zh: `${id}名` },
    play,
    stages,
  });
  const texts = (...args: Parameters<typeof suggestionsOf>) => suggestionsOf(...args).map(({ en }) => en);

  it('adds the plays of segments that say something else than those of the warning and the stage', () => {
    const segments = [
      segment('same', STAGE_PLAYS.declining),
      segment('milder', WARNING_PLAYS.warning),
      segment('best', { en: 'Thank.', zh: '感谢。' }),
    ];
    expect(texts(declining, segments, [])).toEqual([...declining.plays.map(({ en }) => en), 'best: Thank.']);
    expect(suggestionsOf(declining, segments, []).at(-1)).toEqual({
      en: 'best: Thank.',
      zh: 'best名：感谢。',
      segment: 'best',
      heldOut: false,
    });
  });

  it('says whom to leave alone in place of the same invitation, whatever its words', () => {
    const call = { en: 'Call.', zh: '致电。' };
    const alone = 'Held out of save, to compare: leave this customer alone by that play.';
    const left = [alone, WARNING_PLAYS.critical.en];
    expect(texts(declining, [], [segment('save', call, ['declining'])])).toEqual(left);
    expect(texts(declining, [segment('other', call)], [segment('save', STAGE_PLAYS.declining)])).toEqual([
      ...left,
      'other: Call.',
    ]);
    expect(texts(declining, [segment('other', call)], [segment('save', call, ['loyal'])])).toEqual([
      ...left,
      STAGE_PLAYS.declining.en,
    ]);
    expect(suggestionsOf(declining, [], [segment('save', call)])[0]).toMatchObject({ segment: 'save', heldOut: true });
  });
});
