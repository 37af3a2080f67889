/** Home of commands that are not told one. */
export const DEFAULT_HOME = '.perennial';

/** Options that a next command repeats, as they were given. */
interface Given {
  readonly home?: string | undefined;
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly stack?: string | undefined;
}

/** A command to paste: the home or the stack, the configuration and the drops of this one, where they are not the usual ones. */
export function nextCommand(command: string, { home, config, data, stack }: Given): string {
  const options = [
    ['--stack', stack],
    ['--home', home === DEFAULT_HOME ? undefined : home],
    ['--config', config],
    ['--data', data],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quoted(value)}`]));
  return ['npm run -s perennial --', command, ...options].join(' ');
}

/** Commands in a text of the use cases, which know neither home nor stack: in backquotes, by these names. */
const COMMAND = /`((?:approve|config|doctor|put|quarantine|rebuild|rollback|run|runs)\b[^`]*)`/g;

/** A text with the commands that it names ready to paste. */
export const withCommands = (text: string, given: Given): string =>
  text.replaceAll(COMMAND, (_, command: string) => `\`${nextCommand(command, given)}\``);

/** A word of a POSIX shell. */
const quoted = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
