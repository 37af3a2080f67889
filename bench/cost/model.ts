import { MAP_STEPS, STEPS, type Step } from '../../lib/keys.ts';
import { METRICS } from '../../lib/metrics.ts';
import type { BenchResults } from '../report.ts';
import type { MeasuredCost, MeasuredNight } from './measure.ts';
import prices from './prices.json' with { type: 'json' };
import { type CostTemplate, countOf, memoryByStep, transitionsOf, watchMemory } from './template.ts';

/** What everything is scaled to. */
const MILLION = 1_000_000;

/** Assumptions that no measurement backs; the document states them. */
export const ASSUMPTIONS = {
  /** Seconds of arm64 Lambda with one vCPU for a second of the bench's core. */
  cpuFactor: 1.5,
  /** Seconds that an invocation takes beside its work: start, S3 and DynamoDB answering. */
  secondsPerInvocation: 1,
  /** Invocations of watch-night (infra/constructs/night-watch.ts). */
  looksPerDay: 96,
  /** Seconds of a guarded write, and writes of a shard in flight (lib/run/project-shard.ts). */
  secondsPerWrite: 0.01,
  writesInFlight: 32,
  /** Log bytes of an invocation, and of a transition of the machine. */
  logBytesPerInvocation: 3000,
  logBytesPerTransition: 1500,
  nightsPerMonth: 30,
  mondaysPerMonth: 30 / 7,
} as const;

/** Steps whose work grows with the customers and that the bench does not time: their CPU is measured on the smaller shop. */
const GROWING: readonly Step[] = ['publish-segments', 'project-shard'];

/** Steps of which the bench has the seconds over a million customers. */
const BENCHED = { 'ingest-drop': 'ingest', 'fold-shard': 'fold', calibrate: 'calibrate', 'score-shard': 'score' } as const;

/** How much of a priced thing is used. */
export interface CostLine {
  readonly part: string;
  readonly price: string;
  readonly quantity: number;
}

/** Inputs of the computation. */
export interface CostInputs {
  readonly measured: MeasuredCost;
  readonly results: BenchResults;
  readonly template: CostTemplate;
}

/** What a night uses, per million customers. */
export function nightLines(name: 'ordinary' | 'monday', inputs: CostInputs): CostLine[] {
  const { measured, template } = inputs;
  const night = measured.nights[name];
  const growth = MILLION / measured.customers;
  const { requests } = night;
  const invocations = invocationsOf(night);
  const invoked = STEPS.reduce((sum, step) => sum + (invocations[step] ?? 0), 0) + ASSUMPTIONS.looksPerDay;
  const transitions = transitionsOf(template, night.items);
  const logBytes = invoked * ASSUMPTIONS.logBytesPerInvocation + transitions * ASSUMPTIONS.logBytesPerTransition;
  return [
    { part: 'DynamoDB writes', price: 'dynamodbWrite', quantity: requests.customerWrites * growth + requests.ledgerWrites },
    { part: 'DynamoDB reads', price: 'dynamodbRead', quantity: requests.customerReads * growth + requests.ledgerReads },
    { part: 'Lambda compute', price: 'lambdaCompute', quantity: gigabyteSeconds(name, inputs) },
    { part: 'Lambda requests', price: 'lambdaRequest', quantity: invoked },
    { part: 'Step Functions', price: 'stateTransition', quantity: transitions },
    { part: 'S3 PUT and LIST', price: 's3Put', quantity: requests.s3Puts },
    { part: 'S3 GET and HEAD', price: 's3Get', quantity: requests.s3Gets },
    { part: 'KMS requests, at most', price: 'kmsRequest', quantity: requests.s3Puts + requests.s3Gets },
    { part: 'Logs', price: 'logIngest', quantity: logBytes / 1e9 },
  ];
}

/** What a month uses beside its nights; storage is that of a million customers after its first month. */
export function monthLines({ measured, template }: CostInputs): CostLine[] {
  const growth = MILLION / measured.customers;
  const perMonth = (of: (night: MeasuredNight) => number) => {
    const { nightsPerMonth, mondaysPerMonth } = ASSUMPTIONS;
    return of(measured.nights.ordinary) * (nightsPerMonth - mondaysPerMonth) + of(measured.nights.monday) * mondaysPerMonth;
  };
  const items = MILLION + perMonth(({ transitions }) => transitions) * growth;
  const tableGb = (items * measured.itemBytes) / 1e9;
  return [
    { part: 'S3 storage', price: 's3Storage', quantity: (perMonth(({ requests }) => requests.s3Bytes) * growth) / 1e9 },
    { part: 'DynamoDB storage', price: 'dynamodbStorage', quantity: tableGb },
    { part: 'DynamoDB recovery', price: 'dynamodbRecovery', quantity: tableGb },
    { part: 'KMS keys', price: 'kmsKey', quantity: countOf(template, 'AWS::KMS::Key') },
    { part: 'Alarms', price: 'alarm', quantity: countOf(template, 'AWS::CloudWatch::Alarm') },
    { part: 'Metrics', price: 'metric', quantity: Object.keys(METRICS).length },
    { part: 'Dashboard', price: 'dashboard', quantity: countOf(template, 'AWS::CloudWatch::Dashboard') },
  ];
}

/** The price of a line. */
export function priceOf({ price }: CostLine): (typeof prices)['prices'][number] {
  const found = prices.prices.find(({ id }) => id === price);
  if (!found) throw new Error(`Price ${price}: not in bench/cost/prices.json, expected it.`);
  return found;
}

/** US dollars of a line. */
export function usdOf(line: CostLine): number {
  const { usd, per } = priceOf(line);
  return (line.quantity * usd) / per;
}

/** Times that each function is called in a night. */
function invocationsOf({ items }: MeasuredNight): Partial<Record<Step, number>> {
  const single: readonly Step[] = ['open-run', 'plan-run', 'calibrate', 'verify-run', 'report', 'commit-run', 'close-run'];
  return { ...Object.fromEntries(single.map((step) => [step, 1])), ...items, 'require-complete': MAP_STEPS.length };
}

/** Seconds of every function times its memory. */
function gigabyteSeconds(name: 'ordinary' | 'monday', { measured, results, template }: CostInputs): number {
  const night = measured.nights[name];
  const benched = results.nights.find((one) => one.customers === MILLION && one.night === name);
  if (!benched) throw new Error(`bench/results.json: no ${name} night of ${MILLION} customers, expected one. Run npm run bench.`);
  const growth = MILLION / measured.customers;
  const memory = memoryByStep(template);
  const invocations = invocationsOf(night);
  let sum = (ASSUMPTIONS.looksPerDay * ASSUMPTIONS.secondsPerInvocation * watchMemory(template)) / 1024;
  for (const step of STEPS) {
    if (!invocations[step]) continue;
    const key = BENCHED[step as keyof typeof BENCHED];
    const cpu = key ? benched.seconds[key] : (night.cpuSeconds[step] ?? 0) * (GROWING.includes(step) ? growth : 1);
    const writes = step === 'project-shard' ? night.requests.customerWrites * growth : 0;
    const waiting = (writes * ASSUMPTIONS.secondsPerWrite) / ASSUMPTIONS.writesInFlight;
    const seconds = cpu * ASSUMPTIONS.cpuFactor + waiting + invocations[step] * ASSUMPTIONS.secondsPerInvocation;
    sum += (seconds * (memory[step] ?? 0)) / 1024;
  }
  return sum;
}
