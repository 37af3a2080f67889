import { describe, expect, it } from 'vitest';
import { readInteractions } from '../../../../lib/drop/feeds/interactions.ts';
import { sourceOf } from '../../../support/drop-reading.ts';
import { feedOptions, keepRefused, rowsOfTable } from '../../../support/feed-reading.ts';

const HEADER = 'interaction_id,customer_id,occurred_at,kind,score,channel\n';

async function read(rows: string, options = feedOptions('interactions'), name = 'i.csv') {
  const { refused, sink } = keepRefused();
  const result = await readInteractions(sourceOf(name, name.endsWith('.csv') ? HEADER + rows : rows), options, sink);
  return { ...result, refused };
}

describe('readInteractions', () => {
  it('reads every kind, scores as numbers, instants by the business time zone', async () => {
    const { shards, rows, accepted } = await read(
      'i1,a,2024-03-05T23:30:00Z,review,4.5,web\ni2,a,2024-03-05,complaint_resolved,-1,\ni3,é,2024-03-05T10:00:00+08:00,visit,,app\n',
      feedOptions('interactions', { timeZone: 'Asia/Shanghai' }),
    );
    expect([rows, accepted]).toEqual([3, 3]);
    const found = rowsOfTable(shards[0] as never);
    expect(found.map(({ kind }) => kind)).toEqual([5, 4, 1]);
    expect(found.map(({ score }) => score)).toEqual([4.5, -1, Number.NaN]);
    expect(found.map(({ business_day }) => business_day)).toEqual([19_788, 19_787, 19_787]);
    expect(found.map(({ channel }) => channel)).toEqual(['web', '', 'app']);
    expect(found.map(({ source_line }) => source_line)).toEqual([2, 3, 4]);
  });

  it('deals rows out to the shards of their customers', async () => {
    const { shards } = await read(
      'i1,a,2024-03-05,visit,,\ni2,bb,2024-03-05,visit,,\n',
      feedOptions('interactions', { shards: 2 }),
    );
    expect(shards.map((table) => rowsOfTable(table).map((row) => row['interaction_id']))).toEqual([['i2'], ['i1']]);
  });

  it('refuses rows by the first rule that they break and takes the others', async () => {
    const { refused, accepted, malformed, rows } = await read(
      [
        'i1,a,2024-03-05,Visit,,',
        'i2,a,2024-13-05,visit,,',
        'i3,a,2024-03-05,visit,high,',
        ',a,2024-03-05,visit,,',
        'i5,,2024-03-05,visit,,',
        `i6,a,2024-03-05,visit,,${'x'.repeat(257)}`,
        'i7,a,2024-03-05,visit',
        'i8,a,2024-03-05,visit,1e400,',
        'i9,a,2024-03-05,visit,3,ok',
        '',
      ].join('\n'),
    );
    expect(refused.map(({ rule, line }) => [rule, line])).toEqual([
      ['UNKNOWN_KIND', 2],
      ['NO_SUCH_DATE', 3],
      ['INVALID_SCORE', 4],
      ['MISSING_VALUE', 5],
      ['MISSING_VALUE', 6],
      ['ID_TOO_LONG', 7],
      ['FIELD_COUNT', 8],
      ['INVALID_SCORE', 9],
    ]);
    expect([rows, accepted, malformed]).toEqual([9, 1, 8]);
    expect(refused[0]?.message).toContain('kind "Visit": expected signup, visit');
  });

  it('reads JSON Lines with numbers, and a mapping with other names and defaults', async () => {
    const { shards, refused } = await read(
      '{"id":"i1","customer_id":"a","occurred_at":"05/03/2024","score":1e-7}\n',
      feedOptions('interactions', {
        mapping: { columns: { interaction_id: 'id' }, defaults: { kind: 'survey' }, dateFormats: ['dd/MM/yyyy'] },
      }),
      'i.jsonl',
    );
    expect(refused).toEqual([]);
    expect(rowsOfTable(shards[0] as never)[0]).toMatchObject({
      interaction_id: 'i1',
      kind: 6,
      score: 1e-7,
      business_day: 19_787,
    });
  });
});
