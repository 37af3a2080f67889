import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLegalEdge, LEGAL_EDGES } from '../../../lib/lifecycle/legal-edges.ts';
import { applyBaseline, replayTimeline, type Schedule } from '../../../lib/lifecycle/replay.ts';
import { NO_STAGE, newStageColumns, REASON, STAGE, type StageColumns } from '../../../lib/lifecycle/stage-columns.ts';
import { churnCondition, decliningCondition, type NightRules } from '../../../lib/lifecycle/stage-rules.ts';
import { baselineStage, stepStage } from '../../../lib/lifecycle/stage-step.ts';
import { REASONS, STAGES } from '../../../lib/lifecycle/words.ts';
import { always, factsOf, nightOf, RULES, rhythmOf } from '../../support/rhythm.ts';

/** Goes night by night from day 0; purchases on `days`. Returns `day:stage:reason` of every change. */
function walk(
  days: readonly number[],
  until: number,
  at: (day: number) => NightRules,
  columns = newStageColumns(1),
  from = 0,
): string[] {
  const changes: string[] = [];
  for (let day = from; day <= until; day++) {
    const night = at(day);
    const before = days.filter((one) => one < day);
    if (night.baseline && applyBaseline(columns, 0, factsOf(...before), day, night)) changes.push(changeOf(columns, day));
    if (stepStage(columns, 0, factsOf(...days.filter((one) => one <= day)), day, night)) changes.push(changeOf(columns, day));
  }
  return changes;
}

const changeOf = (columns: StageColumns, day: number) =>
  `${day}:${STAGES[columns.stage[0] as number]}:${REASONS[columns.reason[0] as number]}`;
const modelOf = (halfLife: number) => nightOf({ rhythm: rhythmOf(halfLife) });
const model = () => modelOf(20);

describe('stepStage', () => {
  it('goes up on purchase nights: new, growing, loyal with the fourth purchase day', () => {
    expect(walk([0, 5, 9, 12, 15], 20, model)).toEqual([
      '0:new:FIRST_PURCHASE',
      '5:growing:SECOND_PURCHASE',
      '12:loyal:REACHED_LOYAL',
    ]);
  });

  it('declines on the third night in a row below the threshold', () => {
    // q = 0.5 ** (s / 20) is below 0.5 from s = 21 on
    expect(walk([0], 40, model)).toEqual(['0:new:FIRST_PURCHASE', '23:declining:RHYTHM_BROKEN']);
  });

  it('does not decline before 14 days of silence, however low q is', () => {
    expect(walk([0], 20, () => modelOf(2))).toEqual(['0:new:FIRST_PURCHASE', '16:declining:RHYTHM_BROKEN']);
  });

  it('takes at most one time-driven step a night, and dwells again before the next', () => {
    const night = nightOf({ rhythm: rhythmOf(1, 0.01), rules: { ...RULES, dwellNights: 3 } });
    expect(walk([0], 60, () => night)).toEqual(['0:new:FIRST_PURCHASE', '16:declining:RHYTHM_BROKEN', '32:churned:LONG_SILENCE']);
    const overdue = walk([0, 1, 2, 3], 200, (day) => (day < 100 ? nightOf({ rhythm: rhythmOf(1e6) }) : night));
    expect(overdue.slice(-2)).toEqual(['102:declining:RHYTHM_BROKEN', '105:churned:LONG_SILENCE']);
  });

  it('starts the dwell again when the condition is clear for a night, not inside the band', () => {
    const low = nightOf({ rhythm: { q: () => 0.4, pReturn: () => 1 } });
    const band = nightOf({ rhythm: { q: () => 0.59, pReturn: () => 1 } });
    const clear = nightOf({ rhythm: { q: () => 0.6, pReturn: () => 1 } });
    const at = (nights: Record<number, NightRules>) => (day: number) => nights[day] ?? low;
    expect(walk([0], 40, at({}))).toContain('16:declining:RHYTHM_BROKEN');
    expect(walk([0], 40, at({ 15: band, 16: band }))).toContain('18:declining:RHYTHM_BROKEN');
    expect(walk([0], 40, at({ 15: clear }))).toContain('18:declining:RHYTHM_BROKEN');
    expect(walk([0], 40, at({ 16: clear }))).toContain('19:declining:RHYTHM_BROKEN');
  });

  it('churns at 365 days of silence though q stays high', () => {
    const changes = walk([0], 400, (day) => nightOf({ rhythm: { q: () => (day < 50 ? 0.4 : 0.3), pReturn: () => 0.9 } }));
    expect(changes).toEqual(['0:new:FIRST_PURCHASE', '16:declining:RHYTHM_BROKEN', '367:churned:HARD_CAP']);
  });

  it('leaves churned by a purchase alone, through returned', () => {
    const changes = walk([0, 300, 310, 311], 320, () => modelOf(5));
    expect(changes.slice(-3)).toEqual(['300:returned:CAME_BACK', '310:growing:RECOVERED', '311:loyal:REACHED_LOYAL']);
    expect(walk([0], 3000, () => modelOf(5)).filter((change) => change.includes('churned'))).toHaveLength(1);
  });

  it('recovers a declining customer by purchase, to the stage of the purchase days', () => {
    expect(walk([0, 25], 30, model).at(-1)).toBe('25:growing:RECOVERED');
    expect(walk([0, 1, 2, 30], 30, model).at(-1)).toBe('30:loyal:RECOVERED');
  });

  it('decides by days of silence under the fallback, with the same dwell', () => {
    expect(walk([0], 500, () => nightOf())).toEqual([
      '0:new:FIRST_PURCHASE',
      '182:declining:LONG_SILENCE',
      '367:churned:HARD_CAP',
    ]);
  });

  it('makes a known id without a purchase a prospect, and keeps it one', () => {
    const columns = newStageColumns(1);
    expect(stepStage(columns, 0, factsOf(), 0, model())).toBe(true);
    expect(columns.stage[0]).toBe(STAGE.prospect);
    for (let day = 1; day < 500; day++) expect(stepStage(columns, 0, factsOf(), day, model())).toBe(false);
    expect(stepStage(columns, 0, factsOf(500), 500, model())).toBe(true);
    expect([columns.stage[0], columns.previous[0], columns.since[0]]).toEqual([STAGE.new, STAGE.prospect, 500]);
  });
});

describe('decliningCondition and churnCondition', () => {
  it('hold beyond their thresholds, not on them', () => {
    const at = (q: number, pReturn: number) => nightOf({ rhythm: { q: () => q, pReturn: () => pReturn } });
    expect([0.49, 0.5, 0.59, 0.6].map((q) => decliningCondition(factsOf(0), 14, at(q, 1)))).toEqual([
      'holds',
      'pending',
      'pending',
      'clear',
    ]);
    expect(decliningCondition(factsOf(0), 13, at(0.1, 1))).toBe('pending');
    expect(churnCondition(factsOf(0), 30, at(0.19, 0.09))).toBe(REASON.LONG_SILENCE);
    for (const [day, q, p] of [
      [29, 0.1, 0.01],
      [30, 0.2, 0.01],
      [30, 0.1, 0.1],
    ] as const) {
      expect(churnCondition(factsOf(0), day, at(q, p))).toBeUndefined();
    }
    expect(churnCondition(factsOf(0), 364, at(1, 1))).toBeUndefined();
    expect(churnCondition(factsOf(0), 365, at(1, 1))).toBe(REASON.HARD_CAP);
    expect([179, 180].map((day) => decliningCondition(factsOf(0), day, nightOf()))).toEqual(['clear', 'holds']);
    expect([364, 365].map((day) => churnCondition(factsOf(0), day, nightOf()))).toEqual([undefined, REASON.HARD_CAP]);
  });
});

describe('a baseline night', () => {
  it('applies the new rules at once: churned, declining, else by purchase days; returned stays', () => {
    const night = nightOf({
      rhythm: { q: (_x, tx, T) => (T - tx < 20 ? 1 : T - tx < 40 ? 0.4 : 0.1), pReturn: () => 0.05 },
      baseline: 'EPOCH_CHANGED',
    });
    const stageAt = (stage: number, days: number[], day: number) => STAGES[baselineStage(stage, factsOf(...days), day, night)];
    expect(stageAt(STAGE.loyal, [0, 1, 2, 3], 50)).toBe('churned');
    expect(stageAt(STAGE.loyal, [0, 1, 2, 3], 30)).toBe('declining');
    expect(stageAt(STAGE.churned, [0, 1, 2, 3], 10)).toBe('loyal');
    expect(stageAt(STAGE.declining, [0, 1], 10)).toBe('growing');
    expect(stageAt(STAGE.declining, [0], 10)).toBe('new');
    expect(stageAt(STAGE.returned, [0, 1], 10)).toBe('returned');
    expect(stageAt(STAGE.returned, [0, 1], 90)).toBe('churned');
    expect(stageAt(STAGE.new, [], 90)).toBe('prospect');
  });

  it('restarts the counters, comes before the purchase of the night, and leaves who has no stage alone', () => {
    const before = nightOf({ rhythm: rhythmOf(20) });
    const columns = newStageColumns(1);
    walk([0], 22, () => before, columns);
    expect([STAGES[columns.stage[0] as number], columns.decliningNights[0]]).toEqual(['new', 2]);
    // under the new rules q is above the band: nothing moves, but the two nights are forgotten
    expect(applyBaseline(columns, 0, factsOf(0), 23, nightOf({ rhythm: rhythmOf(1000), baseline: 'RULES_CHANGED' }))).toBe(false);
    expect(columns.decliningNights[0]).toBe(0);

    const fresh = newStageColumns(1);
    expect(applyBaseline(fresh, 0, factsOf(), 5, nightOf({ baseline: 'EPOCH_CHANGED' }))).toBe(false);
    expect(fresh.stage[0]).toBe(NO_STAGE);

    const baseline = nightOf({ rhythm: rhythmOf(5, 0.1), baseline: 'EPOCH_CHANGED' });
    const changes = walk([0, 60], 61, (day) => (day === 60 ? baseline : nightOf()));
    expect(changes).toEqual(['0:new:FIRST_PURCHASE', '60:churned:EPOCH_CHANGED', '60:returned:CAME_BACK']);
  });
});

describe('LEGAL_EDGES', () => {
  it('are 13, and no others are legal', () => {
    const legal = STAGES.flatMap((_, from) => STAGES.map((_, to) => isLegalEdge(from, to))).filter(Boolean);
    expect([LEGAL_EDGES.length, legal.length]).toEqual([13, 13]);
    expect(isLegalEdge(NO_STAGE, STAGE.new)).toBe(false);
  });

  const timeline = fc.record({
    first: fc.nat(30),
    gaps: fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 90 })), { maxLength: 9 }),
    /** Half-lives in force, one every 40 days; 0 is the fallback. */
    halfLives: fc.array(fc.constantFrom(0, 4, 9, 15, 40), { minLength: 1, maxLength: 5 }),
    baselines: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  });

  function scheduleOf(halfLives: readonly number[], baselines: readonly boolean[]): Schedule {
    const rules = { ...RULES, fallbackDecliningDays: 30, fallbackChurnedDays: 60 };
    const nights = halfLives.map((halfLife) => nightOf({ rules, rhythm: halfLife === 0 ? null : rhythmOf(halfLife) }));
    return {
      at(day) {
        const period = Math.min(Math.floor(day / 40), halfLives.length - 1);
        const isFirst = period > 0 && day === period * 40;
        return { ...(nights[period] as NightRules), baseline: isFirst && baselines[period] ? 'EPOCH_CHANGED' : null };
      },
    };
  }

  it('are all reached, and nothing else, in random timelines; a replay ends where the nights end', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(timeline, ({ first, gaps, halfLives, baselines }) => {
        const days = [first];
        for (const gap of gaps) days.push((days.at(-1) as number) + gap);
        const schedule = scheduleOf(halfLives, baselines);
        const columns = newStageColumns(1);
        for (let day = 0; day <= 260; day++) {
          const night = schedule.at(day);
          if (night.baseline) applyBaseline(columns, 0, factsOf(...days.filter((one) => one < day)), day, night);
          const from = columns.stage[0] as number;
          const facts = factsOf(...days.filter((one) => one <= day));
          const changed = stepStage(columns, 0, facts, day, night);
          const to = columns.stage[0] as number;
          if (changed !== (from !== to)) expect.fail(`day ${day}: a change that is none, or the reverse`);
          if (changed && from !== NO_STAGE) {
            expect([STAGES[from], STAGES[to], isLegalEdge(from, to)]).toEqual([STAGES[from], STAGES[to], true]);
            if (![STAGE.declining, STAGE.churned].includes(to) || from === STAGE.churned) expect(facts.lastDay).toBe(day);
            reached.add(`${STAGES[from]}-${STAGES[to]}`);
          }
          if (day % 50 !== 0 || day < first) continue;
          const replayed = replayTimeline(Int32Array.from(days), days.length, day, schedule);
          // the prospect's nights before the first purchase are not replayed
          for (const name of ['stage', 'since', 'decliningNights', 'churnNights'] as const)
            expect(replayed[name]).toEqual(columns[name]);
        }
      }),
      { seed: 11, numRuns: 150 },
    );
    expect([...reached].sort()).toEqual(LEGAL_EDGES.map(([from, to]) => `${from}-${to}`).sort());
  });
});

describe('replayTimeline', () => {
  it('gives no stage before the first purchase day, and ignores days after the last night', () => {
    expect(replayTimeline(Int32Array.of(), 0, 9, always(model())).stage[0]).toBe(NO_STAGE);
    expect(replayTimeline(Int32Array.of(10), 1, 9, always(model())).stage[0]).toBe(NO_STAGE);
    expect(replayTimeline(Int32Array.of(10), 1, 10, always(model())).stage[0]).toBe(STAGE.new);
    expect(replayTimeline(Int32Array.of(1, 2, 50), 3, 9, always(model())).stage[0]).toBe(STAGE.growing);
    expect(replayTimeline(Int32Array.of(1, 2, 3), 2, 9, always(model())).stage[0]).toBe(STAGE.growing);
  });
});
