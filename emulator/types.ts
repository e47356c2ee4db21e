/** The shapes between the parts of the local Forge platform. */

/** Milliseconds since the epoch, and a way to wait; tests pass one that they move themselves. */
export interface PlatformClock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** One request that reached the storage service, as `@forge/kvs` sent it. */
export interface KvsRequest {
  installation: string;
  /** For example `/api/v1/batch/get`. */
  path: string;
  /** The JSON body as received. */
  body: string;
}

export interface KvsResponse {
  status: number;
  /** Undefined for 204. Errors are `{code, message, ...}`. */
  body?: unknown;
  /** Bytes of keys and values read by this request (UTF-8 JSON), for meter and quota. */
  bytesRead: number;
  bytesWritten: number;
  /** Started 10,000 bytes of the whole request; at least 1 on the side it uses, else 0. */
  readUnits: number;
  writeUnits: number;
}

/** The storage service: `kvs/service.ts` implements it, the runtime routes requests to it. */
export interface KvsService {
  handle(request: KvsRequest): Promise<KvsResponse>;
  close(): Promise<void>;
}

/** What manifest.yml declares of one custom entity. */
export interface EntityDeclaration {
  name: string;
  attributes: Record<string, { type: 'string' | 'integer' | 'float' | 'boolean' | 'any' }>;
  indexes: { name: string; partition: string[]; range: string[] }[];
}
