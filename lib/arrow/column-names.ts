import { tableFromIPC } from 'apache-arrow';
import { ContractMismatchError } from '../errors.ts';

/** Names of the columns of an Arrow IPC file. @param where its key, for messages @throws ContractMismatchError for other bytes */
export function columnNames(bytes: Uint8Array, where: string): string[] {
  try {
    return tableFromIPC(bytes).schema.fields.map(({ name }) => name);
  } catch (cause) {
    throw new ContractMismatchError(`File ${where}: not an Arrow IPC file, expected one. Restore the file.`, { cause });
  }
}
