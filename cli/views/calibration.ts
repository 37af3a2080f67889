import type { PerennialConfig } from '../../lib/config/config.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import type { Calibration, EpochRecord } from '../../lib/run/engine/epoch-record.ts';
import { formatTable } from '../table.ts';

/** Parameters that are times. */
const TIMES: ReadonlySet<string> = new Set(['alpha', 'beta']);

/** A calibration for a person. */
export function calibrationText(calibration: Calibration, config: PerennialConfig): string {
  const { date, epoch, rfmCuts, rfmCutsDate, tierCuts, tierCutsDate, candidate } = calibration;
  const money = (minor: number) => formatMinor(minor, currencyExponent(config.currency));
  const lines = [`Calibration of ${date}`];
  lines.push(epoch ? `  epoch in force   ${describeEpoch(epoch)}` : '  epoch in force   none yet: days of silence decide');
  if (candidate) lines.push(`  newest fit       ${candidate.id}, ${verdictOf(candidate)}`);
  const rows: string[][] = [];
  if (rfmCuts) {
    rows.push(['recency', ...rfmCuts.recency, rfmCutsDate ?? '']);
    rows.push(['frequency', ...rfmCuts.frequency.map(String), rfmCutsDate ?? '']);
    rows.push(['monetary', ...rfmCuts.monetary.map(money), rfmCutsDate ?? '']);
  }
  const cuts = formatTable(
    [{ name: 'RFM cuts' }, ...['1|2', '2|3', '3|4', '4|5'].map((name) => ({ name, align: 'right' as const })), { name: 'of' }],
    rows,
  );
  const tiers = tierCuts
    ? `  tiers            high above ${money(tierCuts.high.cut)}, mid above ${money(tierCuts.mid.cut)} ${config.currency} (of ${tierCutsDate})\n`
    : '';
  return `${lines.join('\n')}\n${tiers}${rows.length > 0 ? `\n${cuts}` : ''}`;
}

function describeEpoch({ id, params, spend }: EpochRecord): string {
  const model = Object.entries(params)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}${TIMES.has(name) ? ' days' : ''}`)
    .join(', ');
  const gamma = spend
    ? `p ${spend.p.toPrecision(4)}, q ${spend.q.toPrecision(4)}, v ${spend.v.toPrecision(4)}`
    : 'spend by the cohort mean';
  return `${id}: ${model}; ${gamma}`;
}

const verdictOf = ({ accepted, reasons }: EpochRecord) => (accepted ? 'accepted' : `refused: ${reasons.join(', ')}`);
