import type { Sentence } from '../../lib/lifecycle/sentences.ts';
import { STAGES_ZH } from '../../lib/lifecycle/words.ts';
import type { Explanation } from '../../lib/run/explain/explain.ts';
import type { Topic } from '../../lib/run/explain/today.ts';
import { colours } from '../colours.ts';
import { labelledLines } from '../labelled-lines.ts';

/** Languages of an explanation. */
export const LANGUAGES = ['en', 'zh'] as const;

/** A language of an explanation. */
export type Language = (typeof LANGUAGES)[number];

/** Columns before a sentence: those of the topic, or of a date. */
const INDENT = 16;

const TITLES = {
  now: { en: 'Now', zh: '现状' },
  next: { en: 'Next', zh: '接下来' },
  plays: { en: 'Suggested', zh: '建议' },
  timeline: { en: 'Timeline', zh: '时间线' },
} as const satisfies Record<string, Sentence>;

const TOPICS: Readonly<Record<Topic, Sentence>> = {
  stage: { en: 'stage', zh: '阶段' },
  rhythm: { en: 'rhythm', zh: '节奏' },
  return: { en: 'return', zh: '回购' },
  value: { en: 'value', zh: '价值' },
  tier: { en: 'tier', zh: '层级' },
  rfm: { en: 'RFM', zh: 'RFM' },
  warning: { en: 'warning', zh: '预警' },
  segments: { en: 'lists', zh: '名单' },
  next: { en: '', zh: '' },
};

/**
 * An explanation for a person: each sentence in both languages, one below the other, or in one alone.
 *
 * @param language left out: both
 */
export function explanationText({ customerId, date, stage, today, plays, timeline }: Explanation, language?: Language): string {
  const languages = language ? [language] : LANGUAGES;
  const word = (sentence: Sentence) => languages.map((one) => sentence[one]).join(' ');
  const title = (of: keyof typeof TITLES) => `\n${colours.bold(word(TITLES[of]))}\n`;
  const stageName = languages.map((one) => (one === 'en' ? stage : STAGES_ZH[stage])).join(' ');
  const section = (topics: readonly Topic[]) => {
    let before: Topic | undefined;
    return today
      .filter(({ topic }) => topics.includes(topic))
      .map((sentence) => {
        const label = sentence.topic === before ? '' : labelOf(TOPICS[sentence.topic], languages);
        before = sentence.topic;
        return lines(label, sentence, languages);
      })
      .join('');
  };
  let day = '';
  const events = timeline.map((entry) => {
    const label = entry.on === day ? '' : entry.on;
    day = entry.on;
    return lines(label, entry, languages);
  });
  return [
    `${colours.bold(customerId)}  ${date}  ${stageName}\n`,
    title('now'),
    section(['stage', 'rhythm', 'return', 'value', 'tier', 'rfm', 'warning', 'segments']),
    title('next'),
    section(['next']),
    title('plays'),
    ...plays.map((play) => lines('', play, languages)),
    title('timeline'),
    ...events,
  ].join('');
}

const labelOf = (topic: Sentence, languages: readonly Language[]): string =>
  [...new Set(languages.map((one) => topic[one]))].join(' ');

/** A sentence in each language, one below the other, the second dimmed where there are two. */
const lines = (label: string, sentence: Sentence, languages: readonly Language[]): string =>
  languages
    .map((one, i) => labelledLines(i === 0 ? label : '', sentence[one], { indent: INDENT, ...(i > 0 && { style: colours.dim }) }))
    .join('');
