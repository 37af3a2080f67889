import type { Side } from './side.ts';

/** One comparison. */
export interface Check {
  readonly name: string;
  /** Keys, items or lines that were compared. */
  readonly compared: number;
  /** One line each; empty when it passed. */
  readonly differences: readonly string[];
}

/** Characters of a value that a difference shows. */
const SHOWN = 160;

/** Everything that both sides hold and show, deployed against local. No tolerance: texts are equal or different. */
export function compareSides(deployed: Side, local: Side): Check[] {
  const kinds = new Set([...deployed.objects.keys(), ...local.objects.keys()].map(kindOf));
  return [
    ...[...new Set([...deployed.told.keys(), ...local.told.keys()])].map((command) =>
      compareLines(command, deployed.told.get(command), local.told.get(command)),
    ),
    compareMaps('profile items', deployed.profiles, local.profiles),
    compareMaps('transition items', deployed.transitionItems, local.transitionItems),
    compareMaps('run ledger items', deployed.runs, local.runs),
    ...[...kinds].sort().map((kind) => {
      const [ofStack, ofHome] = [deployed.objects, local.objects].map((objects) => onlyKind(objects, kind));
      return compareMaps(`${kind} objects`, ofStack as Map<string, string>, ofHome as Map<string, string>);
    }),
  ];
}

/** `exports`; of the lake the kind of file: `drops`, `ledger`, `scores`, `pii/ledger`, ... */
function kindOf(key: string): string {
  const [place, ...parts] = key.split('/');
  if (place !== 'lake') return String(place);
  return parts
    .filter((part) => !part.startsWith('g='))
    .slice(0, parts[0] === 'pii' ? 2 : 1)
    .join('/');
}

const onlyKind = (objects: ReadonlyMap<string, string>, kind: string) =>
  new Map([...objects].filter(([key]) => kindOf(key) === kind));

function compareMaps(name: string, deployed: ReadonlyMap<string, string>, local: ReadonlyMap<string, string>): Check {
  const keys = [...new Set([...deployed.keys(), ...local.keys()])].sort();
  const differences = keys.flatMap((key) => difference(key, deployed.get(key), local.get(key)));
  // What holds nothing on both sides would prove nothing.
  return { name, compared: keys.length, differences: keys.length === 0 ? ['nothing to compare'] : differences };
}

function compareLines(name: string, deployed = '', local = ''): Check {
  const [ofStack, ofHome] = [deployed, local].map((text) => text.split('\n')) as [string[], string[]];
  const count = Math.max(ofStack.length, ofHome.length);
  const lines = Array.from({ length: count }, (_, i) => i);
  const differences = lines.flatMap((i) => difference(`line ${i + 1}`, ofStack[i], ofHome[i]));
  return { name, compared: count, differences: deployed === '' ? ['nothing was printed'] : differences };
}

/** @returns one line, or none when both are the same */
function difference(key: string, deployed: string | undefined, local: string | undefined): string[] {
  if (deployed === local) return [];
  if (deployed === undefined) return [`${key}: only local`];
  if (local === undefined) return [`${key}: only deployed`];
  const at = firstDifference(deployed, local);
  const from = Math.max(0, at - SHOWN / 2);
  const shown = (text: string) => `${from > 0 ? '...' : ''}${text.slice(from, from + SHOWN).replaceAll('\n', ' ')}`;
  return [`${key}:\n      deployed ${shown(deployed)}\n      local    ${shown(local)}`];
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return at;
}
