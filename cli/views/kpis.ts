import { ALERT_MATURES_DAYS } from '../../lib/lifecycle/warning-step.ts';
import { STAGES, STAGES_ZH, TIERS, TIERS_ZH, WARNING_LEVELS, WARNING_LEVELS_ZH } from '../../lib/lifecycle/words.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { type DateKpi, KPI_VERSION } from '../../lib/report/date-kpi.ts';
import type { StoredKpi } from '../../lib/report/kpi-file.ts';
import { counted } from '../../lib/run/counted.ts';
import { type BusinessDate, dayOf } from '../../lib/time.ts';
import { colours } from '../colours.ts';
import { count, formatTable, percent } from '../table.ts';
import { describeReasons } from './fit-reasons.ts';
import { stageTable, tierLine } from './night.ts';

type Line = readonly [name: string, zh: string, value: string, ...rest: string[]];

const NONE = '-';
const shareOf = (share: number | null | undefined, digits = 1) => (typeof share === 'number' ? percent(share, digits) : NONE);
const decimal = (value: number | null | undefined, digits: number) => (typeof value === 'number' ? value.toFixed(digits) : NONE);
const days = (value: number | null | undefined) => (typeof value === 'number' ? counted(value, 'day') : NONE);
const of = (part: number, whole: number) => `${count(part)} of ${count(whole)}`;

/** The figures of a date for a person: a calm table of its groups, English and Chinese. */
export function kpisText(stored: StoredKpi): string {
  const kpi = stored as unknown as DateKpi;
  const head = `${stageTable(kpi)}\n${tierLine(kpi)}\n`;
  if (stored['schemaVersion'] !== KPI_VERSION)
    return `${head}The date was run by an older version, which counted no more than this. A rebuild counts all of it.\n`;
  return head + groupTable([buying(kpi), churn(kpi), value(kpi), people(kpi), warnings(kpi), model(kpi), data(kpi)]);
}

interface Group {
  readonly title: string;
  readonly zh: string;
  readonly lines: readonly Line[];
}

/** One table, so that the groups line up: each has its title above its lines, and a blank line before it. */
function groupTable(groups: readonly Group[]): string {
  const [first, ...others] = groups as [Group, ...Group[]];
  const rows = [
    ...first.lines,
    ...others.flatMap(({ title, zh, lines }): Line[] => [['', '', ''], [colours.dim(title), colours.dim(zh), ''], ...lines]),
  ];
  return formatTable(
    [{ name: first.title }, { name: first.zh }, { name: '', align: 'right' }, { name: '' }],
    rows.map(([name, zh, figure, note = '']) => [name, zh, figure, note]),
  );
}

function buying({ growth, retention, repurchase }: DateKpi): Group {
  const window = growth.last_28_days;
  const within = (name: string) => repurchase.second_purchase[name];
  const second = [30, 60, 90].map((limit): Line => {
    const rate = within(`within_${limit}_days`);
    return [
      `second purchase within ${limit} days`,
      `${limit} 天内二次购买`,
      shareOf(rate?.rate),
      rate ? of(rate.bought, rate.buyers) : '',
    ];
  });
  return {
    title: 'growth and repurchase',
    zh: '增长与复购',
    lines: [
      [
        'growth rate, 28 days',
        '客户增长率',
        shareOf(window?.rate),
        window ? `${count(window.first_time)} first, ${count(window.returned)} returned, ${count(window.churned)} churned` : '',
      ],
      ['retention, 30 days', '留存率', shareOf(retention.rate), of(retention.retained, retention.active)],
      ['repurchase rate', '复购率', shareOf(repurchase.rate), `${count(repurchase.repeat_buyers)} bought again`],
      ...second,
      ['median time to the second purchase', '二次购买间隔中位数', days(repurchase.median_days_to_second)],
      ['revenue of repeat purchases', '复购收入占比', shareOf(repurchase.repeat_revenue_share)],
    ],
  };
}

function churn({ churn: { last_28_days: window, false_churn: wrong, restated_into_churned: restated } }: DateKpi): Group {
  return {
    title: 'churn and win-back',
    zh: '流失与赢回',
    lines: [
      ['churn rate, 28 days', '流失率', shareOf(window?.churn_rate), window ? of(window.churned, window.active_at_start) : ''],
      [
        'win-back rate, 28 days',
        '赢回率',
        shareOf(window?.win_back_rate),
        window ? of(window.returned, window.churned_at_start) : '',
      ],
      ['median silence before a return', '回流前沉默天数', days(window?.median_silent_days_before_return)],
      [`false churn since ${wrong.since}`, '误判流失率', shareOf(wrong.rate), of(wrong.returned, wrong.churned)],
      [
        'restated into churned',
        '更正为流失',
        count(restated.baseline + restated.late_data),
        restated.baseline > 0 && restated.late_data === 0
          ? 'all on baseline nights'
          : `${count(restated.baseline)} on baseline nights`,
      ],
    ],
  };
}

function value({ clv, currency }: DateKpi): Group {
  const money = (minor: number | null | undefined) =>
    typeof minor === 'number' ? formatMinor(minor, currencyExponent(currency)) : NONE;
  const line = (name: string, zh: string, part: DateKpi['clv']['net'] | null): Line => [
    name,
    zh,
    money(part?.mean_minor),
    part
      ? `median ${money(part.median_minor)}, 90 % below ${money(part.p90_minor)}, in all ${money(part.sum_minor)} ${currency}`
      : '',
  ];
  return {
    title: 'value per customer',
    zh: '客户价值',
    lines: [
      line('net so far', '历史净额', clv.net),
      line('predicted', '预测价值', clv.predicted),
      line('total', '总价值', clv.total),
      ['top tenth of the total', '前 10 % 占比', shareOf(clv.total.top_10_percent_share), `Gini ${decimal(clv.total.gini, 2)}`],
      ...TIERS.toReversed()
        .filter((tier) => (clv.tiers[tier]?.customers ?? 0) > 0)
        .map(
          (tier): Line => [
            `net of tier ${tier}`,
            `${TIERS_ZH[tier]}层净额占比`,
            shareOf(clv.tiers[tier]?.net_share),
            `${shareOf(clv.tiers[tier]?.customer_share)} of the buyers`,
          ],
        ),
    ],
  };
}

function people({ satisfaction: s, referral }: DateKpi): Group {
  const recent = referral['last_28_days'] as {
    readonly first_purchases: number;
    readonly referred: number;
    readonly rate: number | null;
  };
  const referring = STAGES.filter((stage) => (referral.referring_customers[stage] ?? 0) > 0);
  return {
    title: 'satisfaction and referral, 90 days',
    zh: '满意度与推荐',
    lines: [
      [
        'mean rating',
        '平均评分',
        decimal(s.mean_rating, 2),
        s.reviews === 0 ? 'no reviews' : `${counted(s.reviews, 'review')}, ${shareOf(s.negative_share)} negative`,
      ],
      ['open complaints', '未解决投诉', count(s.open_complaints), `of ${count(s.complaints)}`],
      ['resolved within 7 days', '7 天内解决率', shareOf(s.resolved_within_7_days_share), `${count(s.resolved)} resolved`],
      ['referred first purchases, 28 days', '推荐率', shareOf(recent.rate), of(recent.referred, recent.first_purchases)],
      ...referring.map(
        (stage): Line => [
          `${stage} who refer others`,
          `${STAGES_ZH[stage]}客户推荐人`,
          count(referral.referring_customers[stage] ?? 0),
        ],
      ),
    ],
  };
}

/** What the share of the alerts that came true is made of, or why there is none. */
function precisionNote({ warnings: { precision }, cumulative, date }: DateKpi): string {
  if (precision)
    return precision.alerts > 0 ? of(precision.right, precision.alerts) : `no alert is ${ALERT_MATURES_DAYS} days old`;
  const known = dayOf(date as BusinessDate) - dayOf(cumulative.since as BusinessDate);
  return known < ALERT_MATURES_DAYS
    ? `known after ${ALERT_MATURES_DAYS} days`
    : `no figures are kept of ${ALERT_MATURES_DAYS} days before`;
}

function warnings(kpi: DateKpi): Group {
  const { warnings: w, currency } = kpi;
  const risk: Readonly<Record<string, number>> | null = w.value_at_risk_minor;
  const levels = WARNING_LEVELS.filter((level) => level !== 'none').toReversed();
  const precision = w.precision;
  return {
    title: 'early warning',
    zh: '流失预警',
    lines: [
      ...levels.map(
        (level): Line => [
          level,
          WARNING_LEVELS_ZH[level],
          count(w.customers[level] ?? 0),
          risk ? `value at risk ${formatMinor(risk[level] ?? 0, currencyExponent(currency))} ${currency}` : '',
        ],
      ),
      ['alerts of the night', '当晚警报', count(w.alerts)],
      ['alerts that came true', '警报准确率', shareOf(precision?.rate), precisionNote(kpi)],
    ],
  };
}

function model({ model: m, calm, date }: DateKpi): Group {
  const matured = Object.values(m.matured).map((one, i): Line => {
    const limit = i === 0 ? 30 : 90;
    if (!one) return [`who returns in ${limit} days`, `${limit} 天回购预测`, NONE, 'no model was in force then'];
    const found = `${shareOf(one.share_observed)} came; error ${decimal(one.calibration_error, 3)}, AUC ${decimal(one.auc, 3)}, recency alone ${decimal(one.auc_recency, 3)}`;
    return [`who returns in ${limit} days`, `${limit} 天回购预测`, shareOf(one.mean_predicted), found];
  });
  const { candidate } = calm;
  const verdict = candidate
    ? `${candidate.id} ${candidate.accepted ? 'taken' : `refused: ${describeReasons(candidate.reasons)}`}`
    : 'no fit that day';
  return {
    title: 'model and calm',
    zh: '模型与平稳',
    lines: [
      [
        'age of the model',
        '模型已用时间',
        days(m.epoch_age_days),
        m.epoch ? `${m.epoch} is in force` : 'none yet: days of silence decide',
      ],
      ...matured,
      [
        'moved by silence alone',
        '仅因沉默变化',
        shareOf(calm.changed_without_purchase_share, 2),
        `${count(calm.changed_without_purchase)} customers`,
      ],
      [`fit of ${date}: share it would move`, '当日拟合：变动占比', shareOf(candidate?.moved_share, 2), verdict],
      ['baseline night', '基线夜', calm.baseline ? 'yes' : 'no', baselineNote(calm)],
    ],
  };
}

/** Why a night is a baseline night, in words; '' of another. */
function baselineNote({ baseline, restated_by_baseline: restated }: DateKpi['calm']): string {
  if (baseline === null) return '';
  const why = baseline === 'RULES_CHANGED' ? 'the thresholds of the stages changed' : 'a model came into force';
  return `${why}, ${count(restated)} restated`;
}

function data({ data: d }: DateKpi): Group {
  const feeds = Object.entries(d.feeds as Readonly<Record<string, Readonly<Record<string, number>>>>);
  return {
    title: 'data',
    zh: '数据',
    lines: [
      ...feeds
        .filter(([, feed]) => feed['files'] !== 0)
        .map(
          ([name, feed]): Line => [
            name,
            '行数',
            count(feed['rows'] ?? 0),
            `${feed['rows'] === feed['accepted'] ? 'all' : count(feed['accepted'] ?? 0)} accepted, ${count(feed['quarantined'] ?? 0)} quarantined, ${count(feed['late'] ?? 0)} late, ${counted(feed['duplicates'] ?? 0, 'copy')}`,
          ],
        ),
      ['waiting', '等待中', count(d.waiting)],
      ...(d.waiting > 0
        ? ([
            [
              'refunds that wait',
              '等待的退款',
              count(d.orphan_refunds),
              'for a sale, or for more to take back 待原销售或可退余额',
            ],
            ['without a rate', '缺少汇率', count(d.missing_rates)],
          ] as const)
        : []),
    ],
  };
}
