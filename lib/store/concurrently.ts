/**
 * Runs `work` for every value, at most `concurrency` at once. After a failure nothing new is begun, what runs is waited for,
 * and the first error is thrown.
 */
export async function eachConcurrently<T>(
  values: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  let ended = false;
  const worker = async () => {
    try {
      while (!failure && !ended) {
        const next = await iterator.next();
        if (next.done) {
          ended = true;
          return;
        }
        await work(next.value);
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (!failure) return;
  if (!ended) await iterator.return?.();
  throw (failure as { error: unknown }).error;
}

/** Groups values by `size`, in order; the last group may be smaller. */
export async function* groupsOf<T>(values: AsyncIterable<T> | Iterable<T>, size: number): AsyncIterable<T[]> {
  let group: T[] = [];
  for await (const value of values) {
    group.push(value);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
