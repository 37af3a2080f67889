import { STAGES, type Stage } from './words.ts';

/** The 13 edges of one timeline (docs/lifecycle.md, Edges); every other change is a restatement or a bug. */
export const LEGAL_EDGES: readonly (readonly [Stage, Stage])[] = [
  ['prospect', 'new'],
  ['new', 'growing'],
  ['new', 'declining'],
  ['growing', 'loyal'],
  ['growing', 'declining'],
  ['loyal', 'declining'],
  ['declining', 'growing'],
  ['declining', 'loyal'],
  ['declining', 'churned'],
  ['churned', 'returned'],
  ['returned', 'growing'],
  ['returned', 'loyal'],
  ['returned', 'declining'],
];

const LEGAL = new Set(LEGAL_EDGES.map(([from, to]) => STAGES.indexOf(from) * 16 + STAGES.indexOf(to)));

/** True when one timeline may go from one stage (code) to another. */
export function isLegalEdge(from: number, to: number): boolean {
  return LEGAL.has(from * 16 + to);
}
