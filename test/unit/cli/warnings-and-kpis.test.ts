import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { CliContext } from '../../../cli/context.ts';
import { runProgram } from '../../../cli/program.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { forget } from '../../../lib/run/forget.ts';
import { askedConfig } from '../../../lib/run/rebuild/asked-config.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { emptyPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG } from '../../support/small-shop.ts';

const HALVED = {
  id: 'save',
  name: { en: 'Save', zh: '挽留' },
  play: { en: 'Call', zh: '致电' },
  where: { recencyDays: { min: 1 } },
  holdoutShare: 0.5,
};
const CONFIG = { ...SMALL_SHOP_CONFIG, currency: 'EUR', segments: [HALVED] };
const DROPS: Record<string, string> = {
  '2025-01-01/transactions': `transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id
1,ann,2025-01-01,10.00,EUR,sale,
2,bob,2025-01-01,10.00,EUR,sale,
3,cyd,2025-01-01,10.00,EUR,sale,
4,cyd,2025-01-01,4.00,EUR,refund,3
`,
  '2025-01-01/interactions': `interaction_id,customer_id,occurred_at,kind,score
1,ann,2025-01-01T08:00:00Z,complaint,
2,ann,2025-01-01T09:00:00Z,complaint,
3,ann,2025-01-01T10:00:00Z,complaint,
4,ann,2025-01-01T11:00:00Z,review,1
5,ann,2025-01-01T12:00:00Z,review,1.5
6,bob,2025-01-01T12:00:00Z,review,5
7,dan,2025-01-01T12:00:00Z,review,1
`,
  '2025-01-02/transactions': `transaction_id,customer_id,occurred_at,amount,currency,type
5,cyd,2025-01-02,1.00,EUR,sale
`,
  '2025-01-02/interactions': `interaction_id,customer_id,occurred_at,kind,score
8,cyd,2025-01-02T08:00:00Z,review,2
`,
  '2025-01-03/transactions': `transaction_id,customer_id,occurred_at,amount,currency,type
6,ann,2025-01-03,1.00,EUR,sale
`,
};

let deps: RunDeps;
let said: { out: string; err: string };
const context = { openHome: async () => ({ deps, close: async () => undefined }) } as unknown as CliContext;
const perennial = async (line: string) => {
  said = { out: '', err: '' };
  const code = await runProgram(line.trim().split(' '), context);
  return { code, ...said };
};
const warnings = (line = '') => perennial(`warnings ${line}`);

beforeAll(async () => {
  const drops = new MemoryStore('memory:drops');
  for (const [place, text] of Object.entries(DROPS)) await drops.create(`dt=${place}/a.csv`, Buffer.from(text));
  for (const day of [1, 2, 3, 4]) await drops.create(`dt=2025-01-0${day}/_SUCCESS`, Buffer.alloc(0));
  deps = memoryDeps(emptyPlaces(drops), CONFIG);
  const run = (from: string, to = from) => runInMemory({ from, to, dropsUrl: drops.url }, deps);
  await run('2025-01-01');
  await run('2025-01-02', '2025-01-03');
});

beforeEach(() => {
  for (const name of ['out', 'err'] as const) {
    vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const HEADER =
  'customer_id,as_of,level,since,points,inactivity,slowing,complaints,reviews,refunds,value_at_risk_minor,signals,stage,last_purchase_on,episode_id,alerted_on,held_out_of\n';
const ANN = 'warning,2025-01-01,4,0,0,2,2,0,,partial';

it('`warnings` lists who is warned of on the last date of a run, with the points by signal, and tells of dates that are not kept', async () => {
  expect(await warnings('--format csv')).toEqual({
    code: 0,
    out: `${HEADER}ann,2025-01-03,${ANN},growing,2025-01-03,ann@2025-01-01,2025-01-01,\ncyd,2025-01-03,watch,2025-01-02,2,0,0,0,1,1,,partial,growing,2025-01-02,cyd@2025-01-02,2025-01-02,save\n`,
    err: '',
  });
  const first = `ann,2025-01-01,${ANN},new,2025-01-01,ann@2025-01-01,2025-01-01,\n`;
  expect((await warnings('--format csv --date 2025-01-01 --alerts')).out).toBe(`${HEADER}${first}`);
  expect((await warnings('--alerts')).out).toBe('No customer was alerted on 2025-01-03.\n');
  const inside = await warnings('--date 2025-01-02');
  expect([inside.code, inside.err]).toEqual([2, expect.stringContaining('Ask for 2025-01-03')]);
  const text = (await warnings()).out;
  for (const part of [
    '2 customers warned of on 2025-01-03: 0 critical 紧急, 1 warning 预警, 1 watch 关注',
    'Partial signals: without inactivity, for no model is in force yet\n信号不全：尚无模型生效，未计沉默\n',
    'complaints 2, bad reviews 2',
    '1 customer held out of a segment, to compare',
    'from 信号: complaints 投诉, bad reviews 差评, refunds 退款\n',
    'warning 预警: 1 customer\n    Reach out this week',
    '本周联系',
  ])
    expect(text).toContain(part);
});

it('`kpis` tells a date, or with --from or --to a range, in one table that lines up', async () => {
  const { code, out } = await perennial('kpis');
  expect(code).toBe(0);
  for (const part of ['stage on 2025-01-03', 'early warning', '流失预警', 'alerts of the night', '当晚警报'])
    expect(out).toContain(part);
  const columns = (line: string) => Array.from(line).reduce((sum, one) => sum + (one > '\u2e80' ? 2 : 1), 0);
  const second = out
    .split('\n')
    .flatMap((line) => line.match(/^ {2}(?:complaints|open complaints|baseline night) +(?=[未基])/) ?? []);
  expect(second).toHaveLength(2);
  expect(new Set(second.map(columns)).size).toBe(1);
  const range = (await perennial('kpis --from 2025-01-02')).out;
  expect(range).toBe(`2025-01-03, the last of 2 dates; --format csv has them all\n\n${out}`);
  expect(out).toMatch(/alerts that came true.*known after 90 days/);
  const datesOf = async (line: string) => {
    const told = JSON.parse((await perennial(`kpis ${line} --json`)).out) as { date: string } | { date: string }[];
    return Array.isArray(told) ? told.map(({ date }) => date) : told.date;
  };
  expect(await datesOf('--date 2025-01-01')).toBe('2025-01-01');
  expect(await datesOf('--from 2025-01-02')).toEqual(['2025-01-02', '2025-01-03']);
  expect(await datesOf('--to 2025-01-02')).toEqual(['2025-01-01', '2025-01-02']);
  expect((await perennial('kpis --from 2025-01-02 --to 2025-01-01')).err).toContain('ends before it begins');
  const rows = (await perennial('kpis --to 2025-01-01 --format csv')).out.split('\n');
  expect(rows[0]).toBe('date,currency,measure,value,group');
  expect(rows).toContain('2025-01-01,EUR,stage_new,3,');
});

it('`warnings` leaves out who was erased since', async () => {
  await forget({ ids: ['ann'], dropsUrl: 'memory:drops' }, deps, await askedConfig(deps));
  await runInMemory({ dropsUrl: 'memory:drops' }, deps);
  const told = JSON.parse((await warnings('--date 2025-01-03 --json')).out) as { customer_id: string }[];
  expect(told.map(({ customer_id }) => customer_id)).toEqual(['cyd']);
});
