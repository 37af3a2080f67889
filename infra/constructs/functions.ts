import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ConfigError } from '../../lib/errors.ts';
import { STEPS, type Step } from '../../lib/keys.ts';
import { LAMBDA_TIMEOUT_SECONDS } from '../machine/task-states.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

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

/** ES modules have no `require`, which some bundled CommonJS packages call. */
const REQUIRE_BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

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
  readonly byStep: Readonly<Record<Step, NodejsFunction>>;

  /** @throws ConfigError when the configuration is too long for a Lambda variable */
  constructor(scope: Construct, id: string, props: PipelineFunctionsProps) {
    super(scope, id);
    const bytes = Buffer.byteLength(props.configJson);
    if (bytes > MAX_CONFIG_BYTES) {
      throw new ConfigError(
        `Scoring configuration: ${bytes} bytes as JSON, expected at most ${MAX_CONFIG_BYTES}. Leave out keys that equal their default.`,
      );
    }
    const entries = STEPS.map((step) => [step, this.stepFunction(step, props)] as const);
    this.byStep = Object.fromEntries(entries) as Record<Step, NodejsFunction>;
  }

  private stepFunction(step: Step, props: PipelineFunctionsProps): NodejsFunction {
    const logGroup = new LogGroup(this, `${step}-logs`, {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new NodejsFunction(this, step, {
      description: `Perennial: ${step}`,
      entry: `${ROOT}functions/${step}/handler.ts`,
      handler: 'handler',
      projectRoot: ROOT,
      depsLockFilePath: `${ROOT}package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(LAMBDA_TIMEOUT_SECONDS),
      memorySize: DATA_STEPS.includes(step) ? DATA_MB : ONE_CORE_MB,
      logGroup,
      environment: {
        ...props.environment,
        PERENNIAL_STEP: step,
        NODE_OPTIONS: '--enable-source-maps',
        ...(step === 'open-run' ? { PERENNIAL_CONFIG: props.configJson } : {}),
      },
      bundling: {
        format: OutputFormat.ESM,
        logLevel: LogLevel.WARNING,
        target: 'node24',
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        mainFields: ['module', 'main'],
        banner: REQUIRE_BANNER,
        // The SDK of the lockfile, not the one that the runtime happens to carry.
        bundleAwsSDK: true,
      },
    });
  }
}
