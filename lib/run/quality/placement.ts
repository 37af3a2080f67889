import { counted } from '../counted.ts';
import type { Remark } from '../plan.ts';
import type { Finding } from './check-result.ts';

/** Remarks that a message shows. */
const SHOWN = 3;

/**
 * Files and folders of the drops that lie where they are not expected: misplaced, too late, of an unknown form. Early drops are
 * told and no breach, for the run of their date takes them; copies are no remark at all.
 */
export function placement(remarks: readonly Remark[]): Finding[] {
  const told = remarks.filter(({ reason }) => !reason.startsWith('same content'));
  const early = told.filter(({ reason }) => reason.startsWith('an early drop'));
  const odd = told.filter((remark) => !early.includes(remark));
  const shown = [...odd, ...early].slice(0, SHOWN).map(({ key, reason }) => `${key}: ${reason}`);
  const more = told.length > SHOWN ? ` (and ${told.length - SHOWN} more, see "runs show")` : '';
  return [
    {
      name: 'placement',
      date: null,
      feed: null,
      status: odd.length > 0 ? 'failed' : 'passed',
      observed: `${odd.length} misplaced ${odd.length === 1 ? 'file or folder' : 'files or folders'}, ${counted(early.length, 'early drop')}`,
      expected: 'every file where the data contract has it',
      message: told.length > 0 ? `${shown.join('; ')}${more}.` : '',
    },
  ];
}
