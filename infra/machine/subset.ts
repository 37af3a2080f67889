/**
 * Checks a definition against the part of the Amazon States Language on which AWS, the local interpreter and the emulators
 * agree. Everything that is not known to agree is refused: a feature that one engine ignores would go unnoticed until it
 * is needed on another.
 */

type Json = Readonly<Record<string, unknown>>;

const MACHINE_FIELDS = ['StartAt', 'States', 'Comment', 'TimeoutSeconds'];
const PROCESSOR_FIELDS = ['ProcessorConfig', 'StartAt', 'States'];

/** Fields of each state type, `Type`, `Comment`, `Next` and `End` apart. */
const STATE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pass: ['InputPath', 'Parameters', 'Result', 'ResultPath'],
  Task: ['Resource', 'TimeoutSeconds', 'InputPath', 'Parameters', 'ResultPath', 'Retry', 'Catch'],
  Choice: ['Choices', 'Default'],
  Wait: ['Seconds'],
  Succeed: [],
  Fail: ['Error', 'Cause'],
  Map: ['ItemsPath', 'ItemProcessor', 'MaxConcurrency', 'ResultPath', 'Label'],
};
const TERMINAL = ['Succeed', 'Fail', 'Choice'];
const CHOICE_TESTS = ['StringEquals', 'NumericEquals', 'BooleanEquals', 'IsPresent', 'IsNull'];
const RETRY_FIELDS = ['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy'];
const LAMBDA_ARN = /^arn:[a-z0-9-]+:lambda:[^:]*:[^:]*:function:[^:]+$/;
/** The one field of the context object that every engine has; an item of a Map is an execution of its own. */
const EXECUTION_ID = '$$.Execution.Id';
const PLAIN_PATH = /^\$(\.[A-Za-z0-9_]+)*$/;

/**
 * Finds what lies outside the subset.
 *
 * @param definition the parsed definition, task resources resolved to ARNs
 * @returns one line for each finding, `<state>: <what>`; empty when the definition is inside
 */
export function findOutsideSubset(definition: unknown): string[] {
  const findings: string[] = [];
  const names = new Set<string>();
  if (!isObject(definition)) return ['definition: not an object'];
  checkFields('definition', definition, MACHINE_FIELDS, findings);
  checkGraph('definition', definition, { findings, names, insideMap: false });
  return findings;
}

interface Context {
  readonly findings: string[];
  /** Names of all states so far: the local interpreter finds handlers by the name alone. */
  readonly names: Set<string>;
  readonly insideMap: boolean;
}

function checkGraph(where: string, graph: Json, context: Context): void {
  const states = graph['States'];
  if (!isObject(states)) {
    context.findings.push(`${where}: no States`);
    return;
  }
  checkTarget(where, 'StartAt', graph['StartAt'], states, context.findings);
  for (const [name, state] of Object.entries(states)) {
    if (context.names.has(name)) context.findings.push(`${name}: the name is used twice`);
    context.names.add(name);
    if (isObject(state)) checkState(name, state, states, context);
    else context.findings.push(`${name}: not an object`);
  }
}

function checkState(name: string, state: Json, siblings: Json, context: Context): void {
  const { findings } = context;
  const type = String(state['Type']);
  const own = Object.hasOwn(STATE_FIELDS, type) ? STATE_FIELDS[type] : undefined;
  if (!own) {
    findings.push(`${name}: state type ${type}`);
    return;
  }
  const flow = TERMINAL.includes(type) ? [] : ['Next', 'End'];
  checkFields(name, state, ['Type', 'Comment', ...flow, ...own], findings);
  if (flow.length > 0 && state['End'] !== true) checkTarget(name, 'Next', state['Next'], siblings, findings);
  checkPaths(name, state, context);
  if (state['ResultPath'] === '$') findings.push(`${name}: ResultPath "$"`);
  if (type === 'Pass' && 'Result' in state && !state['Result']) findings.push(`${name}: falsy Result`);
  if (type === 'Wait' && !isPositive(state['Seconds'])) findings.push(`${name}: no Seconds`);
  if (type === 'Fail' && !(state['Error'] && state['Cause'])) findings.push(`${name}: Fail without static Error and Cause`);
  if (type === 'Choice') checkChoice(name, state, siblings, findings);
  if (type === 'Task') checkTask(name, state, siblings, context);
  if (type === 'Map') checkMap(name, state, context);
}

function checkTask(name: string, task: Json, siblings: Json, { findings, insideMap }: Context): void {
  if (!LAMBDA_ARN.test(String(task['Resource']))) findings.push(`${name}: Resource is not the ARN of a function`);
  if (!isPositive(task['TimeoutSeconds'])) findings.push(`${name}: no TimeoutSeconds`);
  for (const retrier of list(task['Retry'])) {
    checkFields(`${name}.Retry`, retrier, RETRY_FIELDS, findings);
    if (errorNames(retrier).some((error) => error === 'States.ALL' || error === 'States.TaskFailed')) {
      findings.push(`${name}: Retry by wildcard`);
    }
  }
  const catchers = list(task['Catch']);
  for (const catcher of catchers) {
    checkFields(`${name}.Catch`, catcher, ['ErrorEquals', 'Next', 'ResultPath'], findings);
    checkTarget(name, 'Catch', catcher['Next'], siblings, findings);
    if (catcher['ResultPath'] === '$') findings.push(`${name}: ResultPath "$"`);
  }
  const caughtAll = catchers.some((catcher) => errorNames(catcher).includes('States.ALL'));
  if (insideMap && !caughtAll) findings.push(`${name}: Task of an item without a Catch of States.ALL`);
}

function checkMap(name: string, map: Json, context: Context): void {
  const { findings } = context;
  if (context.insideMap) findings.push(`${name}: Map inside a Map`);
  if (!isPositive(map['MaxConcurrency'])) findings.push(`${name}: no MaxConcurrency`);
  if (typeof map['ItemsPath'] !== 'string') findings.push(`${name}: no ItemsPath`);
  if (map['ResultPath'] !== null) findings.push(`${name}: results of a Map are kept`);
  const processor = map['ItemProcessor'];
  if (!isObject(processor)) {
    findings.push(`${name}: no ItemProcessor`);
    return;
  }
  checkFields(`${name}.ItemProcessor`, processor, PROCESSOR_FIELDS, findings);
  checkGraph(`${name}.ItemProcessor`, processor, { ...context, insideMap: true });
}

function checkChoice(name: string, choice: Json, siblings: Json, findings: string[]): void {
  checkTarget(name, 'Default', choice['Default'], siblings, findings);
  for (const rule of list(choice['Choices'])) {
    checkFields(`${name}.Choices`, rule, ['Variable', 'Next', ...CHOICE_TESTS], findings);
    checkTarget(name, 'Choices', rule['Next'], siblings, findings);
    if (typeof rule['Variable'] !== 'string') findings.push(`${name}: a rule without Variable`);
  }
}

/** Every path and template of a state: plain paths only, of the context object the execution's id alone, no intrinsic functions, no JSONata. */
function checkPaths(name: string, value: unknown, context: Context): void {
  if (Array.isArray(value)) for (const item of value) checkPaths(name, item, context);
  if (!isObject(value)) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === 'ItemProcessor') continue;
    if (typeof inner === 'string') {
      const isPath = field.endsWith('Path') || field.endsWith('.$') || field === 'Variable';
      const isPlain = PLAIN_PATH.test(inner) || (inner === EXECUTION_ID && field.endsWith('.$') && !context.insideMap);
      if (isPath && !isPlain) context.findings.push(`${name}: ${field} ${inner} is not a plain path`);
      if (inner.includes('{%')) context.findings.push(`${name}: JSONata in ${field}`);
    } else checkPaths(name, inner, context);
  }
}

function checkFields(where: string, value: Json, allowed: readonly string[], findings: string[]): void {
  for (const field of Object.keys(value)) if (!allowed.includes(field)) findings.push(`${where}: field ${field}`);
}

function checkTarget(where: string, field: string, target: unknown, states: Json, findings: string[]): void {
  if (typeof target !== 'string' || !Object.hasOwn(states, target)) findings.push(`${where}: ${field} leads nowhere`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function errorNames(rule: Json): unknown[] {
  return Array.isArray(rule['ErrorEquals']) ? rule['ErrorEquals'] : [];
}
