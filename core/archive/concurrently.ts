/**
 * Does `work` for each item, up to `limit` at a time; the items are asked for one by one. The first failure
 * ends it, when what is under way has ended.
 *
 * @throws what `work` or `items` throws
 */
export async function concurrently<T>(
  items: AsyncGenerator<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const worker = async () => {
    // A loop that a failure ends closes the generator, so that the other workers end too.
    for await (const item of items) await work(item);
  };
  const workers = await Promise.allSettled(Array.from({ length: limit }, worker));
  const failure = workers.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}
