import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ConfigError } from '../../lib/errors.ts';
import { STEPS, type Step } from '../../lib/keys.ts';
import { LAMBDA_TIMEOUT_SECONDS } from '../machine/task-states.ts';
import { PipelineFunction } from './pipeline-function.ts';

/** One vCPU comes with 1,769 MB; a second one does not help single-threaded JavaScript, so above it is room for data only. */
const ONE_CORE_MB = 1769;
/** Steps that hold a shard of up to 1,000,000 customers, or every epoch's cells; 3,008 is the most that a new account may use. */
const DATA_STEPS: readonly Step[] = [
  'ingest-drop',
  'fold-shard',
  'calibrate',
  'score-shard',
  'publish-segments',
  'project-shard',
];
const DATA_MB = 3008;

/** Lambda allows 4,096 bytes for all variables of a function; the others are names and ARNs of less than 1,000 bytes. */
const MAX_CONFIG_BYTES = 3000;

/** What the functions are told. */
export interface PipelineFunctionsProps {
  /** Variables that every function gets: names, URLs and ARNs. */
  readonly environment: Readonly<Record<string, string>>;
  /** JSON of the scoring configuration. Only open-run reads it; later steps read the copy that the plan pins. */
  readonly configJson: string;
  readonly logRetention: RetentionDays;
}

/** One function for each step, each with a log group of its own. */
export class PipelineFunctions extends Construct {
  /** The functions by step. */
  readonly byStep: Readonly<Record<Step, PipelineFunction>>;

  /** @throws ConfigError when the configuration is too long for a Lambda variable */
  constructor(scope: Construct, id: string, props: PipelineFunctionsProps) {
    super(scope, id);
    const bytes = Buffer.byteLength(props.configJson);
    if (bytes > MAX_CONFIG_BYTES) {
      throw new ConfigError(
        `Scoring configuration: ${bytes} bytes as JSON, expected at most ${MAX_CONFIG_BYTES}. Deploy without it, then \`config put\` it.`,
      );
    }
    const entries = STEPS.map((step) => [step, this.stepFunction(step, props)] as const);
    this.byStep = Object.fromEntries(entries) as Record<Step, PipelineFunction>;
  }

  private stepFunction(step: Step, props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, step, {
      name: step,
      timeout: Duration.seconds(LAMBDA_TIMEOUT_SECONDS),
      memorySize: DATA_STEPS.includes(step) ? DATA_MB : ONE_CORE_MB,
      logRetention: props.logRetention,
      environment: {
        ...props.environment,
        PERENNIAL_STEP: step,
        ...(step === 'open-run' ? { DEPLOYED_CONFIG: props.configJson } : {}),
      },
    });
  }
}
