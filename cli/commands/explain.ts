import { type Command, Option } from 'commander';
import { explainCustomer } from '../../lib/run/explain/explain.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { dateOption, withHome } from '../options.ts';
import { explanationText, LANGUAGES, type Language } from '../views/explain.ts';

const HELP = `
What it tells:
  now       stage, rhythm, chance to return, value, tier, RFM and warning, each with the sentence behind the number
  next      what changes if nothing is bought, and when; what the next purchase would do; suggested actions
  timeline  purchases, refunds, voids, interactions, refused rows, stage changes and corrections of the past

Everything as it was known on the date. It reads the ledger of the customer's shard from the first night on, and shows no name,
address or other identifier of a person beside the id that you gave.

Examples:
  npm run -s perennial -- explain c000007
  npm run -s perennial -- explain c000007 --date 2025-08-01 --lang zh
  npm run -s perennial -- explain c000007 --json
`;

interface ExplainOptions extends HomeOptions {
  readonly date?: BusinessDate;
  readonly lang?: Language;
  readonly json?: true;
}

/** Adds `explain CUSTOMER`. */
export function registerExplain(program: Command, context: CliContext): void {
  withHome(program.command('explain'))
    .summary('one customer: what happened, where they stand and why, what comes next')
    .description('Explains one customer on a committed date, in English and Chinese.')
    .argument('<customer>', 'id of the customer')
    .addOption(dateOption())
    .addOption(new Option('--lang <language>', 'one language alone (default: both)').choices(LANGUAGES))
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (customerId: string, { date, lang, json, ...options }: ExplainOptions) => {
      const home = await context.openHome(options);
      const line = countingLine('explain');
      try {
        const found = await explainCustomer({ customerId, date }, home.deps, (what, done, of) =>
          line.show(`${what} of night`, done, of),
        );
        line.end();
        process.stdout.write(json ? `${JSON.stringify(found, undefined, 1)}\n` : explanationText(found, lang));
      } finally {
        line.end();
        await home.close();
      }
    });
}
