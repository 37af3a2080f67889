import type { Step } from '../../lib/keys.ts';

/** The part of a synthesised template that costs are read from. */
export interface CostTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next?: string }[];
  readonly ItemProcessor?: Graph;
  readonly ItemsPath?: string;
}

interface Graph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Resources of a type. */
export const countOf = ({ Resources }: CostTemplate, type: string): number =>
  Object.values(Resources).filter(({ Type }) => Type === type).length;

/** Configured memory of each step's function, MB. */
export function memoryByStep({ Resources }: CostTemplate): Partial<Record<Step, number>> {
  const memory: Partial<Record<Step, number>> = {};
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { Environment, MemorySize } = Properties as {
      Environment?: { Variables?: Record<string, string> };
      MemorySize?: number;
    };
    const step = Environment?.Variables?.['PERENNIAL_STEP'];
    if (step !== undefined) memory[step as Step] = MemorySize ?? 0;
  }
  return memory;
}

/** Configured memory of the function outside the machine, MB. */
export function watchMemory({ Resources }: CostTemplate): number {
  const watch = Object.values(Resources).find(({ Properties }) => Properties?.['Description'] === 'Perennial: watch-night');
  if (!watch) throw new Error('Template: no function watch-night, expected one.');
  return Number(watch.Properties?.['MemorySize']);
}

/** Names of the states between which a night goes. */
const NIGHT = { planned: 'PlanRun', done: 'Done' } as const;

/**
 * State transitions of a night without an error: the states on its way, and for each item of a Map the states of its child and its
 * start.
 *
 * @param items of each Map
 */
export function transitionsOf(template: CostTemplate, items: Readonly<Partial<Record<Step, number>>>): number {
  const graph = definitionOf(template);
  const way = [...pathOf(graph, graph.StartAt, NIGHT.planned), ...pathOf(graph, NIGHT.planned, NIGHT.done).slice(1)];
  const maps = way.map((name) => graph.States[name] as State).filter(({ Type }) => Type === 'Map');
  const counts = Object.values(items);
  if (maps.length !== counts.length) throw new Error(`Machine: ${maps.length} Maps, expected ${counts.length}.`);
  const perItem = maps.map(({ ItemProcessor }) => 1 + Object.keys(childStates(ItemProcessor as Graph)).length);
  return way.length + perItem.reduce((sum, states, map) => sum + states * (counts[map] as number), 0);
}

/** States of a child on its way without an error. */
function childStates({ StartAt, States }: Graph): string[] {
  const way: string[] = [];
  for (let name: string | undefined = StartAt; name !== undefined; name = States[name]?.Next) way.push(name);
  return way;
}

/** The shortest way from one state to another, both included; never by a Catch. */
function pathOf({ States }: Graph, from: string, to: string): string[] {
  const ways = [[from]];
  const seen = new Set([from]);
  for (let way = ways.shift(); way; way = ways.shift()) {
    const last = way.at(-1) as string;
    if (last === to) return way;
    const { Next, Default, Choices = [] } = States[last] as State;
    for (const next of [Next, Default, ...Choices.map((choice) => choice.Next)]) {
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  throw new Error(`Machine: no way from ${from} to ${to}, expected one.`);
}

function definitionOf({ Resources }: CostTemplate): Graph {
  const machine = Object.values(Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  return JSON.parse(textOf(machine?.Properties?.['DefinitionString'])) as Graph;
}

/** The text of a joined definition; ARNs of functions do not matter here. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [separator, parts] = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? ['', []];
  return parts.map((part) => (typeof part === 'string' ? part : 'arn')).join(separator);
}
