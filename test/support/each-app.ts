/** A fresh app for each test of a file, its log kept from the console. */
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import { createHandlerApp, type HandlerApp } from './handler-app';

export type LogSpy = MockInstance<typeof console.log>;

/** Has `begin` make an app ready before each test, and closes it after. */
export function eachTestApp(begin: (app: HandlerApp, log: LogSpy) => unknown): void {
  let app: HandlerApp;
  beforeEach(async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    app = await createHandlerApp();
    await begin(app, log);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await app.close();
  });
}
