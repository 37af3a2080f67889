import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../../lib/config/config.ts';
import { calibrateDate, isEpochDate, needsPopulation } from '../../../../lib/run/engine/calibrate-date.ts';
import {
  cohortMeanMinor,
  type EpochPopulation,
  medianGapDays,
  priorCells,
  repeatCustomers,
} from '../../../../lib/run/engine/epoch-population.ts';
import { type Calibration, type EpochBook, scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf, drawBuyers, epochOf } from '../../../support/epochs.ts';
import { DAY_0 } from '../../../support/facts.ts';

const config = configSchema.parse({});
const MONDAY = formatDay(DAY_0);
const TUESDAY = formatDay(DAY_0 + 1);
const NEXT_MONDAY = formatDay(DAY_0 + 7);
const buyers = drawBuyers(DAY_0, 600, 400);
const young: EpochBook = { firstDataDate: MONDAY, changes: [] };
const old: EpochBook = { firstDataDate: formatDay(DAY_0 - 400), changes: [] };
const start = (book = old, population: EpochPopulation | undefined = buyers) =>
  calibrateDate(MONDAY, undefined, book, population, config);

describe('isEpochDate and needsPopulation', () => {
  it('are true on the configured weekday and on the first date with data', () => {
    expect([MONDAY, TUESDAY, NEXT_MONDAY].map((date) => isEpochDate(date, TUESDAY, config))).toEqual([true, true, true]);
    expect([MONDAY, TUESDAY, formatDay(DAY_0 + 2)].map((date) => isEpochDate(date, null, config))).toEqual([true, false, false]);
    const sunday = configSchema.parse({ epochs: { weekday: 'sunday' }, rfm: { cutPolicy: 'nightly' } });
    expect([formatDay(DAY_0 + 6), MONDAY].map((date) => isEpochDate(date, null, sunday))).toEqual([true, false]);
    expect(needsPopulation(TUESDAY, null, sunday)).toBe(true);
    expect(needsPopulation(TUESDAY, null, config)).toBe(false);
  });
});

describe('calibrateDate', () => {
  it('begins with the fallback: cut points of net historic value, a refused candidate', () => {
    const { calibration, book } = start(young);
    expect([calibration.epoch, calibration.baseline, calibration.candidate?.reasons]).toEqual([
      null,
      null,
      ['HISTORY_TOO_SHORT'],
    ]);
    expect([calibration.rfmCutsDate, calibration.tierCutsDate]).toEqual([MONDAY, MONDAY]);
    expect(book).toEqual({ ...young, changes: [{ date: MONDAY, epoch: null, baseline: null, rules: config.stages }] });
    const net = buyers.parts.flatMap(({ columns }) => [...columns.net_minor]).sort((a, b) => a - b);
    expect(calibration.tierCuts?.high.cut).toBe(net[0.8 * 600 - 1]);
    expect(calibration.tierCuts?.mid.exit).toBe(net[0.48 * 600 - 1]);
  });

  it('takes the RFM cuts from the exact values of the buyers', () => {
    const { calibration } = start();
    const { columns: c, rows } = buyers.parts[0] as EpochPopulation['parts'][0];
    const cutsOf = (value: (row: number) => number) => {
      const sorted = Array.from({ length: rows }, (_, row) => value(row)).sort((a, b) => a - b);
      return [1, 2, 3, 4].map((k) => sorted[(k * rows) / 5 - 1] as number);
    };
    expect(calibration.rfmCuts).toEqual({
      recency: cutsOf((row) => DAY_0 - (c.tenure_days[row] as number) + (c.t_x_days[row] as number)).map(formatDay),
      frequency: cutsOf((row) => (c.x[row] as number) + 1),
      monetary: cutsOf((row) => c.net_minor[row] as number),
    });
  });

  it('makes the first accepted fit a baseline night, and tiers of total value from then on', () => {
    const { calibration, book } = start();
    expect([calibration.baseline, calibration.epoch?.id]).toEqual(['EPOCH_CHANGED', `mbg-nbd@${MONDAY}`]);
    expect(book.changes).toHaveLength(1);
    const under = start(young).calibration.tierCuts;
    expect(calibration.tierCuts?.high.cut).toBeGreaterThan(under?.high.cut as number);
  });

  it('leaves everything in force on other nights, and nothing a baseline', () => {
    const first = start();
    const next = calibrateDate(TUESDAY, first.calibration, first.book, undefined, config);
    expect(next.calibration).toEqual({ ...first.calibration, date: TUESDAY, baseline: null });
    expect(next.book).toEqual(first.book);
  });

  it('takes a later epoch without a baseline', () => {
    const first = start();
    const next = calibrateDate(NEXT_MONDAY, first.calibration, first.book, drawBuyers(DAY_0 + 7, 600, 400), config);
    expect([next.calibration.baseline, next.calibration.epoch?.date, next.calibration.rfmCutsDate]).toEqual([
      null,
      NEXT_MONDAY,
      NEXT_MONDAY,
    ]);
    expect(next.book.changes.map(({ date, baseline }) => [date, baseline])).toEqual([
      [MONDAY, 'EPOCH_CHANGED'],
      [NEXT_MONDAY, null],
    ]);
  });

  it('makes a change of thresholds a baseline night, once', () => {
    const first = start(young);
    const stricter = configSchema.parse({ stages: { decliningQ: 0.6 } });
    const next = calibrateDate(TUESDAY, first.calibration, first.book, undefined, stricter);
    expect(next.calibration.baseline).toBe('RULES_CHANGED');
    expect(next.book.changes.at(-1)).toEqual({ date: TUESDAY, epoch: null, baseline: 'RULES_CHANGED', rules: stricter.stages });
    const after = calibrateDate(formatDay(DAY_0 + 2), next.calibration, next.book, undefined, stricter);
    expect([after.calibration.baseline, after.book.changes.length]).toEqual([null, 2]);
    const both = calibrateDate(NEXT_MONDAY, start().calibration, start().book, buyers, stricter);
    expect([both.calibration.baseline, both.book.changes.length]).toEqual(['RULES_CHANGED', 2]);
  });

  it('changes the model on the first night on which a fit of the new one is accepted, as a baseline night', () => {
    const before = start();
    // BG/NBD predicts these buyers' returns worse
    const bg = configSchema.parse({ clv: { model: 'bg-nbd' }, epochs: { maxReturnErrorIncrease: 1 } });
    const night = calibrateDate(TUESDAY, before.calibration, before.book, undefined, bg);
    expect([night.calibration.epoch, night.calibration.baseline]).toEqual([before.calibration.epoch, null]);
    const strict = configSchema.parse({ clv: { model: 'bg-nbd' }, epochs: { minRepeatCustomers: 1000 } });
    const refused = calibrateDate(NEXT_MONDAY, night.calibration, night.book, buyers, strict);
    expect([refused.calibration.epoch, refused.calibration.baseline]).toEqual([before.calibration.epoch, null]);
    expect(refused.calibration.candidate?.id).toBe(`bg-nbd@${NEXT_MONDAY}`);
    const taken = calibrateDate(NEXT_MONDAY, night.calibration, night.book, buyers, bg);
    expect([taken.calibration.epoch?.id, taken.calibration.baseline]).toEqual([`bg-nbd@${NEXT_MONDAY}`, 'EPOCH_CHANGED']);
    const third = formatDay(DAY_0 + 14);
    const later = calibrateDate(third, taken.calibration, taken.book, buyers, bg);
    expect(later.book.changes.map(({ date, epoch, baseline }) => [date, epoch?.model, baseline])).toEqual([
      [MONDAY, 'mbg-nbd', 'EPOCH_CHANGED'],
      [NEXT_MONDAY, 'bg-nbd', 'EPOCH_CHANGED'],
      [third, 'bg-nbd', null],
    ]);
  });

  it('keeps count of refusals for moved customers over the nights between, and takes the fourth as a baseline night', () => {
    const lenient = configSchema.parse({ epochs: { maxReturnErrorIncrease: 1, minRepeatCustomers: 50 } });
    /** Nobody ever declines under this one. */
    const patient = epochOf(DAY_0 - 7, { params: { r: 50, alpha: 1e6, a: 1e-6, b: 1e3 } });
    const few = drawBuyers(DAY_0, 200, 400);
    let night = {
      calibration: calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient }),
      book: { ...old, changes: [{ date: patient.date, epoch: patient, baseline: null, rules: lenient.stages }] } as EpochBook,
    };
    const told: unknown[] = [];
    for (let day = 0; day <= 28; day++) {
      const date = formatDay(DAY_0 + day);
      night = calibrateDate(date, night.calibration, night.book, day % 7 === 0 ? few : undefined, lenient);
      const { movedRefusals, baseline, epoch } = night.calibration;
      if (day % 7 < 2) told.push([day, movedRefusals, baseline, epoch?.date]);
    }
    const [before, taken, next] = [patient.date, formatDay(DAY_0 + 21), formatDay(DAY_0 + 28)];
    expect(told).toEqual([
      [0, 1, null, before],
      [1, 1, null, before],
      [7, 2, null, before],
      [8, 2, null, before],
      [14, 3, null, before],
      [15, 3, null, before],
      [21, 0, 'EPOCH_CHANGED', taken],
      [22, 0, null, taken],
      [28, 0, null, next],
    ]);
    expect(night.book.changes.map(({ date, baseline }) => [date, baseline])).toEqual([
      [before, null],
      [taken, 'EPOCH_CHANGED'],
      [next, null],
    ]);
  });

  it('renews the RFM cuts every night under the policy nightly, the tier cuts not', () => {
    const nightly = configSchema.parse({ rfm: { cutPolicy: 'nightly' } });
    const first = start();
    const { calibration } = calibrateDate(TUESDAY, first.calibration, first.book, buyers, nightly);
    expect([calibration.rfmCutsDate, calibration.tierCutsDate, calibration.candidate?.date]).toEqual([TUESDAY, MONDAY, MONDAY]);
  });

  it('takes fixed cuts as they are given, also when the policy is changed later', () => {
    const cuts = {
      recency: ['2023-01-01', '2023-06-01', '2023-09-01', '2023-12-01'],
      frequency: [1, 2, 3, 4],
      monetaryMinor: [10, 20, 30, 40],
    };
    const fixed = configSchema.parse({ rfm: { cutPolicy: 'fixed', cuts } });
    const expected = { recency: cuts.recency, frequency: cuts.frequency, monetary: cuts.monetaryMinor };
    const first = calibrateDate(MONDAY, undefined, old, buyers, fixed);
    expect([first.calibration.rfmCuts, first.calibration.rfmCutsDate]).toEqual([expected, null]);
    const later = calibrateDate(TUESDAY, start().calibration, start().book, undefined, fixed);
    expect([later.calibration.rfmCuts, later.calibration.rfmCutsDate]).toEqual([expected, null]);
  });

  it('leaves cuts empty while nobody has bought', () => {
    const { calibration } = start(young, drawBuyers(DAY_0, 0, 10));
    expect([calibration.rfmCuts, calibration.tierCuts, calibration.epoch]).toEqual([null, null, null]);
  });

  it('is the same when calibrations pass through their files', () => {
    const through = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
    const first = start();
    const again = drawBuyers(DAY_0 + 7, 600, 400, 6);
    const next = (one: { calibration: Calibration; book: EpochBook }) =>
      calibrateDate(NEXT_MONDAY, one.calibration, one.book, again, config);
    expect(next(through(first))).toEqual(next(first));
    expect(through(first)).toEqual(first);
  });
});

describe('scheduleOf', () => {
  it('gives each night what was in force: the baseline on its night alone, horizons of their time', () => {
    const short = { ...config.stages, returnHorizonDays: 10 };
    const schedule = scheduleOf(
      {
        firstDataDate: MONDAY,
        changes: [
          { date: MONDAY, epoch: null, baseline: null, rules: config.stages },
          { date: formatDay(DAY_0 + 3), epoch: epochOf(DAY_0 + 3), baseline: 'EPOCH_CHANGED', rules: short },
          { date: formatDay(DAY_0 + 5), epoch: epochOf(DAY_0 + 3), baseline: 'RULES_CHANGED', rules: config.stages },
        ],
      },
      config,
    );
    const days = [3, -50, 0, 2, 4, 5, 6, 3];
    expect(days.map((day) => schedule.at(DAY_0 + day).baseline)).toEqual([
      'EPOCH_CHANGED',
      null,
      null,
      null,
      null,
      'RULES_CHANGED',
      null,
      'EPOCH_CHANGED',
    ]);
    expect(days.map((day) => schedule.at(DAY_0 + day).rhythm !== null)).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    const [early, late] = [4, 5].map((day) => schedule.at(DAY_0 + day).rhythm?.pReturn(1, 10, 20) as number) as [number, number];
    expect(early).toBeLessThan(late / 2);
  });
});

describe('epoch population', () => {
  const gaps = new Map([
    [30, 2],
    [5, 3],
    [7, 1],
  ]);

  it('has the median gap of type 1, null without gaps', () => {
    expect(medianGapDays({ parts: [], gaps })).toBe(5);
    expect(medianGapDays({ parts: [], gaps: new Map([...gaps, [8, 1]]) })).toBe(7);
    expect(medianGapDays({ parts: [], gaps: new Map() })).toBeNull();
  });

  it('counts in each cell those that bought since', () => {
    const none = -(2 ** 31);
    const columns = (rows: readonly (readonly [x: number, tx: number, tenure: number, bought: number])[]) => ({
      rows: rows.length,
      columns: {
        prior_x: Int32Array.from(rows, ([x]) => x),
        prior_t_x_days: Int32Array.from(rows, ([, tx]) => tx),
        prior_tenure_days: Int32Array.from(rows, ([, , tenure]) => tenure),
        bought: Uint8Array.from(rows, ([, , , bought]) => bought),
      } as never,
    });
    const cells = priorCells({
      parts: [
        columns([
          [2, 5, 9, 1],
          [0, 0, 4, 0],
          [none, none, none, 1],
          [2, 5, 9, 0],
        ]),
        columns([
          [0, 0, 4, 1],
          [2, 5, 9, 1],
          [0, 0, 3, 0],
          [none, none, none, 0],
          [2, 6, 9, 1],
        ]),
      ],
      gaps,
    });
    const rows = [...cells.x].map((x, i) => [x, cells.txDays[i], cells.tenureDays[i], cells.weight[i], cells.returned[i]]);
    expect(rows).toEqual([
      [0, 0, 3, 1, 0],
      [0, 0, 4, 2, 1],
      [2, 5, 9, 3, 2],
      [2, 6, 9, 1, 1],
    ]);
    expect(repeatCustomers(cells)).toBe(4);
  });

  it('has the mean net per purchase day, 0 without buyers', () => {
    expect(cohortMeanMinor({ parts: [], gaps })).toBe(0);
    const columns = {
      ...drawBuyers(DAY_0, 2, 1).parts[0]?.columns,
      x: Int32Array.of(0, 3),
      net_minor: Float64Array.of(100, 900),
    };
    expect(cohortMeanMinor({ parts: [{ rows: 2, columns: columns as never }], gaps })).toBe(200);
  });
});
