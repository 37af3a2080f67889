import { DEFAULT_HOME } from './options.ts';

/** Options that a next command repeats, as they were given. */
interface Given {
  readonly home?: string | undefined;
  readonly config?: string | undefined;
  readonly data?: string | undefined;
}

/** A command to paste: the home, the configuration and the drops of this one, where they are not the usual ones. */
export function nextCommand(command: string, { home, config, data }: Given): string {
  const options = [
    ['--home', home === DEFAULT_HOME ? undefined : home],
    ['--config', config],
    ['--data', data],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quoted(value)}`]));
  return ['npm run -s perennial --', command, ...options].join(' ');
}

/** A word of a POSIX shell. */
const quoted = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
