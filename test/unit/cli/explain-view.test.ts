import { describe, expect, it } from 'vitest';
import { explanationText } from '../../../cli/views/explain.ts';
import type { Explanation } from '../../../lib/run/explain/explain.ts';

const long = { en: 'silent for long, '.repeat(12).trimEnd(), zh: '长期未购买，'.repeat(20) };
const explanation = {
  customerId: 'c1',
  date: '2025-08-08',
  stage: 'loyal',
  today: [
    { topic: 'stage', en: 'Loyal.', zh: '忠诚。' },
    { topic: 'value', en: 'One.', zh: '一。' },
    { topic: 'value', ...long },
    { topic: 'next', en: 'Next.', zh: '然后。' },
  ],
  plays: [{ en: 'Do.', zh: '做。' }],
  timeline: [
    { on: '2025-01-01', en: 'Bought', zh: '购买' },
    { on: '2025-01-01', en: 'Stage', zh: '阶段' },
    { on: '2025-01-02', en: 'Visited', zh: '访问' },
  ],
} as unknown as Explanation;

/** Columns of a terminal: two for a Chinese character or mark. */
const columnsOf = (line: string) =>
  Array.from(line).reduce((sum, one) => sum + ((one.codePointAt(0) as number) > 0x2e80 ? 2 : 1), 0);

describe('explanationText', () => {
  it('names a topic and a day once, in one language where one was asked for', () => {
    const short = { ...explanation, today: explanation.today.filter(({ en }) => en !== long.en) };
    expect(explanationText(short, 'en')).toBe(`c1  2025-08-08  loyal

Now
  stage         Loyal.
  value         One.

Next
                Next.

Suggested
                Do.

Timeline
  2025-01-01    Bought
                Stage
  2025-01-02    Visited
`);
    const both = explanationText(short);
    expect(both).toContain('c1  2025-08-08  loyal 忠诚\n\nNow 现状\n  stage 阶段    Loyal.\n                忠诚。\n');
    expect(both).toContain('  2025-01-02    Visited\n                访问\n');
    expect(explanationText(short, 'zh')).not.toMatch(/Loyal|stage|Now/);
  });

  it('breaks lines that are too wide for a terminal, Chinese ones too, and loses nothing', () => {
    const text = explanationText(explanation);
    expect(Math.max(...text.split('\n').map(columnsOf))).toBeLessThanOrEqual(100);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(long.en);
    expect(text.replaceAll(/\s+/g, '')).toContain(long.zh);
    expect(text).not.toMatch(/^\s*，/m);
  });
});
