import { describe, expect, it } from 'vitest';
import { loadDefinition } from '../../cli/local/machine.ts';
import { findOutsideSubset } from '../../infra/machine/subset.ts';

type Fields = Record<string, unknown>;
interface Machine extends Fields {
  States: Record<string, Fields>;
}

const definition = (await loadDefinition()) as unknown as Machine;

/** The findings after a change to a copy of the real definition. */
function planted(change: (machine: Machine) => void): string[] {
  const machine = structuredClone(definition);
  change(machine);
  return findOutsideSubset(machine);
}

const state = (machine: Machine, name: string): Fields => machine.States[name] as Fields;
const processor = (machine: Machine): Machine => state(machine, 'FoldShards')['ItemProcessor'] as Machine;

describe('findOutsideSubset', () => {
  it('finds nothing in the machine of this project', () => {
    expect(findOutsideSubset(definition)).toEqual([]);
  });

  it.each(['Retry', 'Catch'])('refuses %s on a Map', (field) => {
    const rule = { ErrorEquals: ['States.ALL'], ...(field === 'Catch' ? { Next: 'FailRun' } : {}) };
    expect(planted((machine) => Object.assign(state(machine, 'FoldShards'), { [field]: [rule] }))).toEqual([
      `FoldShards: field ${field}`,
    ]);
  });

  it.each([
    ['ItemReader', {}],
    ['ItemBatcher', {}],
    ['ItemSelector', {}],
    ['ResultWriter', {}],
    ['ResultSelector', {}],
    ['ToleratedFailureCount', 1],
    ['ToleratedFailurePercentage', 5],
    ['Iterator', {}],
  ])('refuses %s on a Map', (field, value) => {
    expect(planted((machine) => Object.assign(state(machine, 'FoldShards'), { [field]: value }))).toEqual([
      `FoldShards: field ${field}`,
    ]);
  });

  it.each([
    ['MaxConcurrency', undefined, 'FoldShards: no MaxConcurrency'],
    ['MaxConcurrency', 0, 'FoldShards: no MaxConcurrency'],
    ['ResultPath', '$.results', 'FoldShards: results of a Map are kept'],
    ['ItemsPath', '$.plan.shards[*]', 'FoldShards: ItemsPath $.plan.shards[*] is not a plain path'],
    ['ItemsPath', undefined, 'FoldShards: no ItemsPath'],
  ])('refuses %s %s on a Map', (field, value, finding) => {
    expect(
      planted((machine) => {
        const map = state(machine, 'FoldShards');
        if (value === undefined) delete map[field];
        else map[field] = value;
      }),
    ).toEqual([finding]);
  });

  it.each([
    ['TimeoutSeconds', undefined, 'Calibrate: no TimeoutSeconds'],
    ['TimeoutSecondsPath', '$.timeout', 'Calibrate: field TimeoutSecondsPath'],
    ['HeartbeatSeconds', 60, 'Calibrate: field HeartbeatSeconds'],
    ['ResultPath', '$', 'Calibrate: ResultPath "$"'],
    ['InputPath', '$$.State.Name', 'Calibrate: InputPath $$.State.Name is not a plain path'],
    ['InputPath', '$$.Execution.Id', 'Calibrate: InputPath $$.Execution.Id is not a plain path'],
    ['Parameters', { 'run.$': '$$.Execution.Name' }, 'Calibrate: run.$ $$.Execution.Name is not a plain path'],
    ['InputPath', '$run', 'Calibrate: InputPath $run is not a plain path'],
    ['Catch', [{ ErrorEquals: ['States.ALL'], Next: 'FailRun', ResultPath: '$' }], 'Calibrate: ResultPath "$"'],
    ['Parameters', { 'id.$': 'States.UUID()' }, 'Calibrate: id.$ States.UUID() is not a plain path'],
    ['Parameters', { id: '{% $states.input %}' }, 'Calibrate: JSONata in id'],
    ['Arguments', {}, 'Calibrate: field Arguments'],
    ['Assign', {}, 'Calibrate: field Assign'],
    ['Resource', 'arn:aws:states:::lambda:invoke', 'Calibrate: Resource is not the ARN of a function'],
    ['Retry', [{ ErrorEquals: ['States.ALL'] }], 'Calibrate: Retry by wildcard'],
    ['Next', 'Nowhere', 'Calibrate: Next leads nowhere'],
  ])('refuses %s %j on a Task', (field, value, finding) => {
    expect(
      planted((machine) => {
        const task = state(machine, 'Calibrate');
        if (value === undefined) delete task[field];
        else task[field] = value;
      }),
    ).toEqual([finding]);
  });

  it('takes the id of the execution, and refuses it in an item of a Map, which is another execution', () => {
    expect(JSON.stringify(definition)).toContain('$$.Execution.Id');
    for (const path of ['$$.Execution.Id', '$$.Map.Item.Value', '$$.Map.Item.Index']) {
      const findings = planted((machine) => {
        state(processor(machine), 'FoldShard')['Parameters'] = { 'it.$': path };
      });
      expect(findings).toEqual([`FoldShard: it.$ ${path} is not a plain path`]);
    }
  });

  it('finds a field that it does not know in every state, retrier, catcher and choice of the machine', () => {
    const all = JSON.stringify(definition);
    // Every object of the definition but paths, templates and results, which are data.
    const places = [...all.matchAll(/\{"(?:Type|ErrorEquals|Variable|ProcessorConfig|StartAt|Next)":/g)];
    expect(places.length).toBeGreaterThan(150);
    const silent = places.filter(({ index }) => {
      const machine: unknown = JSON.parse(`${all.slice(0, index + 1)}"Planted":1,${all.slice(index + 1)}`);
      return findOutsideSubset(machine).length !== 1;
    });
    expect(silent.map(({ index }) => all.slice(index, index + 80))).toEqual([]);
  });

  it('refuses an item whose error would reach the Map', () => {
    expect(planted((machine) => delete state(processor(machine), 'FoldShard')['Catch'])).toEqual([
      'FoldShard: Task of an item without a Catch of States.ALL',
    ]);
  });

  it('refuses a state inside a Map that has the name of one outside', () => {
    const findings = planted((machine) => {
      processor(machine).States['Report'] = { Type: 'Pass', Result: {}, End: true };
    });
    expect(findings).toEqual(['Report: the name is used twice']);
  });

  it.each([
    [{ Type: 'Parallel', Branches: [], Next: 'Done' }, 'Planted: state type Parallel'],
    [{ Type: 'Pass', Result: false, Next: 'Done' }, 'Planted: falsy Result'],
    [{ Type: 'Pass', QueryLanguage: 'JSONata', Next: 'Done' }, 'Planted: field QueryLanguage'],
    [{ Type: 'Wait', TimestampPath: '$.at', Next: 'Done' }, 'Planted: field TimestampPath'],
    [{ Type: 'Wait', Next: 'Done' }, 'Planted: no Seconds'],
    [{ Type: 'Fail', Error: 'Bad', CausePath: '$.cause' }, 'Planted: field CausePath'],
    [{ Type: 'Fail', ErrorPath: '$.error', Cause: 'Bad' }, 'Planted: field ErrorPath'],
    [{ Type: 'Fail', Error: 'Bad' }, 'Planted: Fail without static Error and Cause'],
    [{ Type: 'Choice', Choices: [] }, 'Planted: Default leads nowhere'],
    [{ Type: 'Choice', Default: 'Done', Choices: [{ Condition: '{% true %}', Next: 'Done' }] }, 'Planted: field Condition'],
    [{ Type: 'constructor' }, 'Planted: state type constructor'],
  ])('refuses the state %j', (added, finding) => {
    const findings = planted((machine) => {
      machine.States['Planted'] = added;
    });
    expect(findings.map((it) => it.replace('.Choices', ''))).toContain(finding);
  });

  it('refuses a field of the machine itself that is not known, and what is no machine', () => {
    expect(planted((machine) => Object.assign(machine, { QueryLanguage: 'JSONata' }))).toEqual([
      'definition: field QueryLanguage',
    ]);
    expect(findOutsideSubset('text')).toEqual(['definition: not an object']);
    expect(findOutsideSubset({ StartAt: 'A' })).toEqual(['definition: no States']);
  });
});
