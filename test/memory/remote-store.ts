/** A key-value store in the parent process, so that a child's memory holds only what it computes. */
import type { ChildProcess } from 'node:child_process';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';

interface Request {
  id: number;
  method: keyof KeyValueStore;
  argument: unknown;
}

type Item = { key: string; value: JsonValue };

/** Answers a child's requests from a map; `made` makes a value that is not in it. */
export function serveStore(
  child: ChildProcess,
  values: Map<string, JsonValue>,
  made: (key: string) => JsonValue | undefined,
): void {
  const read = (key: string) => values.get(key) ?? made(key);
  const answers: Partial<Record<keyof KeyValueStore, (argument: never) => unknown>> = {
    get: (key: string) => read(key),
    batchGet: (keys: string[]) => keys.map((key) => [key, read(key)]),
    batchSet: (items: Item[]) => {
      for (const { key, value } of items) values.set(key, value);
    },
    batchDelete: (keys: string[]) => {
      for (const key of keys) values.delete(key);
    },
  };
  child.on('message', (message: Request) => {
    const answer = answers[message.method];
    if (answer !== undefined) {
      child.send({ id: message.id, answer: answer(message.argument as never) });
    }
  });
}

/** The child's side. */
export function remoteStore(): KeyValueStore {
  const waiting = new Map<number, (answer: unknown) => void>();
  let last = 0;
  process.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ask = (method: keyof KeyValueStore, argument: unknown) =>
    new Promise<unknown>((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      process.send?.({ id: last, method, argument });
    });
  const unused = () => Promise.reject(new Error('not needed here'));
  return {
    get: (key) => ask('get', key) as Promise<JsonValue | undefined>,
    batchGet: async (keys) => new Map((await ask('batchGet', keys)) as [string, JsonValue][]),
    batchSet: async (items) => void (await ask('batchSet', items)),
    batchDelete: async (keys) => void (await ask('batchDelete', keys)),
    set: unused,
    create: unused,
    delete: unused,
    query: unused,
  };
}
