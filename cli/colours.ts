import pc from 'picocolors';

/** Colours for people at a terminal; what goes to a file, a pipe or a CI's log stays plain. */
export const colours = pc.createColors(
  process.stdout.isTTY === true && process.stderr.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
);
