import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { type GroupFigures, type HoldoutFigures, MIN_GROUP } from '../../lib/report/export-figures.ts';
import { count, formatTable, percent } from '../table.ts';

const points = (fraction: number) => `${fraction < 0 ? '-' : '+'}${(Math.abs(fraction) * 100).toFixed(1)}`;

/** What holding members out of segments shows, for a person: the groups side by side, then what they say; '' without any. */
export function holdoutTable(holdouts: readonly HoldoutFigures[], currency: string): string {
  if (holdouts.length === 0) return '';
  const groups = holdouts.flatMap(({ segment, as_of: date, days, treated, held_out: heldOut }) =>
    treated && heldOut
      ? [
          [segment, `${date}, ${days} days`, 'exported 导出组', ...cellsOf(treated, currency)],
          ['', '', 'held out 对照组', ...cellsOf(heldOut, currency)],
        ]
      : [],
  );
  const right = ['customers', 'bought since', 'share', 'net a customer'].map((name) => ({ name, align: 'right' as const }));
  const table = formatTable([{ name: 'holdout 对照组' }, { name: 'members of' }, { name: 'group' }, ...right], groups);
  const lines = holdouts.map((figures) => {
    const { en, zh } = verdictOf(figures);
    return `  ${figures.segment}  ${en}\n${' '.repeat(figures.segment.length + 4)}${zh}\n`;
  });
  return `${groups.length > 0 ? `${table}\n` : ''}${lines.join('')}`;
}

function cellsOf(
  { customers, buyers, purchase_rate: rate, net_minor_per_customer: net }: GroupFigures,
  currency: string,
): string[] {
  const money = net === null ? '-' : `${formatMinor(Math.round(net), currencyExponent(currency))} ${currency}`;
  return [count(customers), count(buyers), rate === null ? '-' : percent(rate), money];
}

/** What a comparison says, in English and Chinese. */
function verdictOf({ verdict, difference, holdout_share: share, as_of: date }: HoldoutFigures): { en: string; zh: string } {
  const held = `${Number((share * 100).toFixed(2))} %`;
  switch (verdict) {
    case 'too_early':
      return {
        en: `${held} held out: compared once a publication with this share is 21 days old`,
        zh: `保留 ${held} 对照：按此比例发布满 21 天后比较`,
      };
    case 'members_gone':
      return {
        en: `${held} held out: the members of ${date} are no longer kept`,
        zh: `保留 ${held} 对照：${date} 的成员已不再保存`,
      };
    case 'not_enough_data':
      return {
        en: `${held} held out: not enough data, each group needs ${MIN_GROUP} customers`,
        zh: `保留 ${held} 对照：数据不足，每组至少需要 ${MIN_GROUP} 位客户`,
      };
    default: {
      const { purchase_rate: by, low, high } = difference as NonNullable<typeof difference>;
      const [en, zh] = SAYS[verdict];
      return {
        en: `${held} held out: ${points(by)} points (95 % interval ${points(low)} to ${points(high)}), ${en}`,
        zh: `保留 ${held} 对照：相差 ${points(by)} 个百分点（95 % 区间 ${points(low)} 至 ${points(high)}），${zh}`,
      };
    }
  }
}

const SAYS = {
  more: ['those exported buy more', '导出组购买更多'],
  fewer: ['those exported buy less', '导出组购买更少'],
  no_difference: ['no difference beyond chance', '差异不显著'],
} as const;
