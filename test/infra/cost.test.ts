import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeCost, MARKS } from '../../bench/cost/describe.ts';
import measured from '../../bench/cost/measured.json' with { type: 'json' };
import { type CostInputs, type CostLine, monthLines, nightLines, priceOf, usdOf } from '../../bench/cost/model.ts';
import { type CostTemplate, transitionsOf } from '../../bench/cost/template.ts';
import type { BenchResults } from '../../bench/report.ts';
import results from '../../bench/results.json' with { type: 'json' };
import { pipelineTemplate } from '../support/pipeline-template.ts';

describe('the cost in docs/deploy.md', () => {
  const template = pipelineTemplate().toJSON() as CostTemplate;
  const inputs: CostInputs = { measured, results: results as BenchResults, template };
  const total = (given: CostInputs) => nightLines('ordinary', given).reduce((sum, line) => sum + usdOf(line), 0);

  it('is what the committed measurements, the prices and the synthesised stack give', () => {
    const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
    expect(page.slice(page.indexOf(MARKS.begin), page.indexOf(MARKS.end))).toBe(`${MARKS.begin}\n${describeCost(inputs)}\n`);
  });

  it('marks every price that is not confirmed, and rises with the memory of the functions', () => {
    const lines = [...nightLines('monday', inputs), ...monthLines(inputs)];
    for (const line of lines) expect(line.quantity).toBeGreaterThan(0);
    const unconfirmed = lines.filter((line) => !priceOf(line).confirmed);
    expect(unconfirmed.length).toBeGreaterThan(5);
    expect(describeCost(inputs).match(/\(unconfirmed\)/g)).toHaveLength(unconfirmed.length);
    const bigger = structuredClone(template) as { Resources: Record<string, { Properties?: { MemorySize?: number } }> };
    for (const { Properties } of Object.values(bigger.Resources)) if (Properties?.MemorySize) Properties.MemorySize *= 2;
    const compute = nightLines('ordinary', inputs).find(({ part }) => part === 'Lambda compute');
    expect(compute?.quantity).toBeGreaterThan(100);
    expect(total({ ...inputs, template: bigger as CostTemplate })).toBeCloseTo(total(inputs) + usdOf(compute as CostLine), 9);
  });

  it('counts a transition for every state on the way of a night, and for every item of a Map its start and its states', () => {
    const items = { 'ingest-drop': 1, 'fold-shard': 4, 'score-shard': 4, 'publish-segments': 8, 'project-shard': 4 };
    const more = { ...items, 'fold-shard': 5 };
    expect(transitionsOf(template, more) - transitionsOf(template, items)).toBe(3);
    expect(transitionsOf(template, items)).toBeGreaterThan(3 * 21 + 15);
  });
});
