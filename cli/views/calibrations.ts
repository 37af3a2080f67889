import { counted } from '../../lib/run/counted.ts';
import type { Calibration } from '../../lib/run/engine/epoch-record.ts';
import { MOVED_TOO_MANY } from '../../lib/run/engine/judge-candidate.ts';
import type { CalibratedNight } from '../../lib/run/read-results.ts';
import { formatRange } from '../../lib/time.ts';
import { formatTable, percent } from '../table.ts';
import { describeReasons } from './fit-reasons.ts';

/** What a baseline night was for. */
const BASELINES = {
  EPOCH_CHANGED: 'for the epoch',
  RULES_CHANGED: 'for the section `stages`',
} as const satisfies Record<NonNullable<Calibration['baseline']>, string>;

/** The dates of a range on which there was a fit or a baseline night, one line each. @param nights ascending, at least one */
export function calibrationsText(nights: readonly CalibratedNight[]): string {
  const [first, last] = [nights[0] as CalibratedNight, nights.at(-1) as CalibratedNight];
  const told = nights.filter(({ calibration }) => fitOf(calibration) || calibration.baseline);
  const title = `Calibrations of ${formatRange(first.calibration.date, last.calibration.date)}: ${totals(told)}.\n`;
  if (told.length === 0) return `${title}In force throughout: ${inForce(last.calibration)}.\n`;
  return `${title}\n${formatTable(
    [
      { name: 'date' },
      { name: 'epoch in force' },
      { name: 'fit' },
      { name: 'moved', align: 'right' },
      { name: 'in a row', align: 'right' },
      { name: 'why' },
    ],
    told.map(rowOf),
  )}`;
}

/** The fit of a date, if there was one: every later date repeats it as its newest candidate. */
const fitOf = ({ candidate, date }: Calibration) => (candidate?.date === date ? candidate : undefined);

const inForce = ({ epoch }: Calibration) => epoch?.id ?? 'days of silence';

function totals(nights: readonly CalibratedNight[]): string {
  const fits = nights.map(({ calibration }) => fitOf(calibration)).filter((fit) => fit !== undefined);
  const refused = fits.filter(({ accepted }) => !accepted);
  const moved = refused.filter(({ reasons }) => reasons.length === 1 && reasons[0] === MOVED_TOO_MANY);
  const baselines = nights.filter(({ calibration }) => calibration.baseline).length;
  return [
    counted(fits.length, 'fit'),
    `${fits.length - refused.length} accepted`,
    `${refused.length} refused (${moved.length} for moved customers alone)`,
    counted(baselines, 'baseline night'),
  ].join(', ');
}

function rowOf({ calibration, restated }: CalibratedNight): string[] {
  const fit = fitOf(calibration);
  const moved = fit?.evidence.movedShare ?? null;
  return [
    calibration.date,
    inForce(calibration),
    fit ? (fit.accepted ? 'accepted' : 'refused') : '',
    moved === null ? '' : percent(moved, 2),
    calibration.movedRefusals > 0 ? String(calibration.movedRefusals) : '',
    [fit ? reasonText(fit.reasons) : '', baselineText(calibration, restated)].filter((text) => text !== '').join('; '),
  ];
}

/** The first reason; the others are told of the date alone. */
function reasonText([first, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  return `${describeReasons([first])}${others.length > 0 ? `; and ${counted(others.length, 'more reason')}` : ''}`;
}

function baselineText({ baseline }: Calibration, restated: number | null): string {
  if (!baseline) return '';
  const who = restated === null ? '' : `, ${counted(restated, 'customer')} restated`;
  return `baseline night ${BASELINES[baseline]}${who}`;
}
