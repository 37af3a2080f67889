import { errorOfName } from '../../lib/errors.ts';
import { OWN_ROUTES } from './error-routes.ts';

/** Ends an invocation as an error of this name would, from inside of the handler. */
export async function die(name: string): Promise<never> {
  if (name === 'Runtime.ExitError') process.kill(process.pid, 'SIGKILL');
  // Nothing else runs in this thread until Lambda's limit.
  if (name === 'Sandbox.Timedout') for (;;);
  // The handler stack gives up in time.
  if (name === 'TimeoutError') await new Promise(() => undefined);
  if (name in OWN_ROUTES) throw errorOfName(name, 'no');
  throw name === 'TypeError' ? new TypeError('no') : Object.assign(new Error('no'), { name });
}
