import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { LOCAL_ARN_PREFIX } from '../../cli/local/definition.ts';

type State = StateMachineDefinition['States'][string];

/** A Task of a machine, inside a Map or not. */
export interface FoundTask {
  readonly name: string;
  readonly step: string;
  readonly state: Extract<State, { Type: 'Task' }>;
}

/** All Tasks of a local definition, those inside Maps included. */
export function findTasks(graph: Pick<StateMachineDefinition, 'States'>): FoundTask[] {
  return Object.entries(graph.States).flatMap(([name, state]) => {
    if (state.Type === 'Map' && state.ItemProcessor) return findTasks(state.ItemProcessor);
    return state.Type === 'Task' ? [{ name, step: state.Resource.replace(LOCAL_ARN_PREFIX, ''), state }] : [];
  });
}
