import type { Command } from 'commander';
import { ConfigError } from '../../lib/errors.ts';
import type { Finding } from '../../lib/run/doctor/finding.ts';
import { type CliContext, type HomeOptions, homeDir } from '../context.ts';
import { loadDefinition } from '../local/definition.ts';
import { examineHome } from '../local/examine-home.ts';
import { withCommands } from '../next-command.ts';
import { withHome } from '../options.ts';
import { countOf, describeFindings } from '../views/doctor.ts';

const HELP = `
Looks at Node, rights, disk, configuration, run ledger, lease, the files of the committed run, published lists, profiles and the next
drop; of a stack also at its status, machine, subscribers, schedules, dead letters and alarms. Changes nothing.

Examples:
  npm run -s perennial -- doctor --home shop
  npm run -s perennial -- doctor --stack Perennial --json

Exit codes: 0 no problem (warnings are none), 1 problems, 2 wrong usage.
`;

type Options = HomeOptions & { readonly stack?: string; readonly json?: true };

/** Adds `doctor`. */
export function registerDoctor(program: Command, context: CliContext): void {
  withHome(program.command('doctor'))
    .summary('say what is wrong with a home or a stack')
    .description('Says what is wrong with a home or a stack, and what to do.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => doctor(context, options));
}

async function doctor(context: CliContext, options: Options): Promise<void> {
  const { stack } = options;
  const place = stack === undefined ? `Home ${homeDir(options)}` : `Stack ${stack}`;
  const found = stack === undefined ? await examineHome(options) : await ofStack(context, stack, options);
  const findings = found.map((finding) => ({ ...finding, next: withCommands(finding.next, options) }));
  const [problems, warnings] = [countOf(findings, 'problem'), countOf(findings, 'warning')];
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ place, problems, warnings, findings }, undefined, 1)}\n`
      : describeFindings(findings, place),
  );
  if (problems > 0)
    throw new ConfigError(`${place}: ${problems} of ${findings.length} checks found a problem, expected none. Do what they say.`);
}

async function ofStack(context: CliContext, stack: string, options: Options): Promise<Finding[]> {
  // loaded with the clients of AWS only when a stack is named
  const { examineStack } = await import('../../lib/run/doctor/examine-stack.ts');
  let close = async () => {};
  try {
    return await examineStack(stack, {
      definition: loadDefinition,
      open: async () => {
        const home = await context.openHome(options);
        close = () => home.close();
        return home.deps;
      },
    });
  } finally {
    await close();
  }
}
