import { Command, CommanderError } from 'commander';
import { DataQualityGateError, isExpected, UsageError } from '../lib/errors.ts';
import { registerApprove } from './commands/approve.ts';
import { registerCalibrations } from './commands/calibrations.ts';
import { registerCompact } from './commands/compact.ts';
import { registerConfig } from './commands/config.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExplain } from './commands/explain.ts';
import { registerFit } from './commands/fit.ts';
import { registerForget } from './commands/forget.ts';
import { registerGenerate } from './commands/generate.ts';
import { registerHoldout } from './commands/holdout.ts';
import { registerImport } from './commands/import.ts';
import { registerKpis } from './commands/kpis.ts';
import { registerPredict } from './commands/predict.ts';
import { registerPut } from './commands/put.ts';
import { registerQuarantine } from './commands/quarantine.ts';
import { registerRebuild } from './commands/rebuild.ts';
import { registerResults } from './commands/results.ts';
import { registerRollback } from './commands/rollback.ts';
import { registerRun } from './commands/run.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSegments } from './commands/segments.ts';
import { registerWarnings } from './commands/warnings.ts';
import { registerWhatif } from './commands/whatif.ts';
import type { CliContext, HomeOptions } from './context.ts';
import { withCommands } from './next-command.ts';

const HELP = `
Begin:
  npm run demo                                   sample drops, several nights, what came of them
  npm run -s perennial -- put drops/             your own drops: dt=YYYY-MM-DD/transactions/*.csv and _SUCCESS
  npm run -s perennial -- run                    the next night
  npm run -s perennial -- scores --format csv    where each customer stands

With a deployed stack: --stack NAME in the place of --home, on every command but demo and generate, which work on this computer alone.
Credentials and region are those of AWS_PROFILE and AWS_REGION. --config, --workers and a local folder of --data are refused with it.

Every command has --help. docs/guide.md goes through it all.
Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 held by a check.
`;

function buildProgram(context: CliContext): Command {
  const program = new Command('perennial');
  program
    .description('Tells a business every morning where each customer stands: RFM, lifetime value, lifecycle stage.')
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .exitOverride()
    .addHelpText('after', HELP);
  registerDemo(program, context);
  registerGenerate(program);
  registerPut(program, context);
  registerImport(program, context);
  registerRun(program, context);
  registerRuns(program, context);
  registerApprove(program, context);
  registerQuarantine(program, context);
  registerResults(program, context);
  registerCalibrations(program, context);
  registerWhatif(program, context);
  registerWarnings(program, context);
  registerExplain(program, context);
  registerKpis(program, context);
  registerSegments(program, context);
  registerFit(program, context);
  registerPredict(program);
  registerHoldout(program, context);
  registerRollback(program, context);
  registerForget(program, context);
  registerCompact(program, context);
  registerRebuild(program, context);
  registerConfig(program, context);
  registerDoctor(program, context);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** What commander says of wrong usage, in one line. */
const usageLine = (text: string) => `${text.trim().replaceAll('\n', ' ')} (--help tells what the command takes)\n`;

/** Exit code of an error, after it was told on standard error in one line. @param place of the command that threw it */
function tell(error: unknown, place: HomeOptions): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isExpected(error)) process.stderr.write(`error: ${withCommands(error.message, place)}\n`);
  else {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`error: ${name}: ${message}\n`);
    if (process.env['PERENNIAL_DEBUG']) process.stderr.write(`${stack}\n`);
    else process.stderr.write('This should not happen; PERENNIAL_DEBUG=1 shows where. Please report it.\n');
  }
  if (error instanceof UsageError) return 2;
  return error instanceof DataQualityGateError ? 3 : 1;
}

/**
 * Runs one command.
 *
 * @param args what stands behind `perennial`
 * @returns the exit code; what went wrong was told on standard error
 */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  let place: HomeOptions = {};
  try {
    const program = buildProgram(context).hook('preAction', (_, command) => {
      const { home, config, stack } = command.optsWithGlobals<HomeOptions>();
      // of `whatif` it is the other configuration, which no next command is to take
      place = { home, stack, ...(command.name() !== 'whatif' && { config }) };
    });
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return tell(error, place);
  }
}
