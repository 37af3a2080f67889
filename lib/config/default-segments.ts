import { LONG_GONE_PLAY, STAGE_PLAYS, WARNING_PLAYS } from '../lifecycle/plays.ts';
import type { SegmentDefinition } from './segment-definition.ts';

/** Days of silence that divide the customers to win back from the long gone: two years, the default of `plays.longGoneDays`. */
export const LONG_GONE_DAYS = 730;

/** The segments of a configuration that names none, each with the play of `lib/lifecycle/plays.ts`. */
export const DEFAULT_SEGMENTS: SegmentDefinition[] = [
  {
    id: 'prospects_to_invite',
    name: { en: 'Prospects to invite', zh: '待邀请的潜在客户' },
    play: STAGE_PLAYS.prospect,
    where: { stage: ['prospect'] },
  },
  {
    id: 'new_to_welcome',
    name: { en: 'New customers to welcome', zh: '待欢迎的新客户' },
    play: STAGE_PLAYS.new,
    where: { stage: ['new'] },
  },
  {
    id: 'loyal_to_thank',
    name: { en: 'Loyal customers to thank', zh: '待答谢的忠诚客户' },
    play: STAGE_PLAYS.loyal,
    where: { stage: ['loyal'] },
  },
  {
    id: 'returned_to_thank',
    name: { en: 'Returned customers to thank', zh: '待答谢的回流客户' },
    play: STAGE_PLAYS.returned,
    where: { stage: ['returned'] },
  },
  {
    id: 'warned_to_call',
    name: { en: 'Warned customers to call', zh: '待联系的预警客户' },
    play: WARNING_PLAYS.warning,
    where: { warningLevel: ['warning', 'critical'] },
  },
  {
    id: 'declining_to_save',
    name: { en: 'Declining customers to save', zh: '待挽留的衰退客户' },
    play: STAGE_PLAYS.declining,
    where: { stage: ['declining'] },
  },
  {
    id: 'churned_to_win_back',
    name: { en: 'Churned customers to win back', zh: '待赢回的流失客户' },
    play: STAGE_PLAYS.churned,
    where: { stage: ['churned'], recencyDays: { max: LONG_GONE_DAYS - 1 } },
  },
  {
    id: 'long_gone_to_leave',
    name: { en: 'Long gone customers to leave alone', zh: '不再投入的久失客户' },
    play: LONG_GONE_PLAY,
    where: { stage: ['churned'], recencyDays: { min: LONG_GONE_DAYS } },
  },
];
