/** Paths as the person at the terminal means them. */

import { join, resolve } from 'node:path';

/** `npm run` changes to the package's folder and leaves the caller's in INIT_CWD. */
export function fromCaller(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}

/** A file or folder of this package. */
export function ofPackage(...parts: string[]): string {
  return join(import.meta.dirname, '..', ...parts);
}
