/**
 * The storage service of the local Forge platform: every path that @forge/kvs calls, with the
 * platform's limits, codes and consistency, over any abstract-level database. Requests of one
 * installation run one after another, which makes FAIL_IF_EXISTS, batches and transactions atomic;
 * installations share nothing.
 */
import type {
  EntityDeclaration,
  KvsRequest,
  KvsResponse,
  KvsService,
  PlatformClock,
} from '../types';
import { type Address, decodeAddress, installationPrefix, prefixEnd } from './address';
import { batchDelete, batchGet, batchSet } from './batches';
import type { KvsEngine } from './engine';
import { EntityCatalogue } from './entity-catalogue';
import { addToStats, InstallationStore, type StoreStats } from './installation-store';
import { RequestMeter } from './meter';
import { Mutex } from './mutex';
import { queryEntity, queryValues } from './queries';
import { InstallationQuota } from './quota';
import { decodeRecord, isExpired } from './record';
import { KvsRefusal, malformed } from './refusal';
import { keepMs, type RequestContext, type Success } from './request-context';
import type { KvsSettings } from './settings';
import { deleteValue, getValue, setValue } from './single';
import { transact } from './transaction';

export interface KvsServiceOptions {
  /** Closed together with the service. */
  engine: KvsEngine;
  entities: readonly EntityDeclaration[];
  clock: PlatformClock;
  /** Read at every request, so it may be changed while the service runs. */
  settings: KvsSettings;
  /** In [0, 1). */
  random: () => number;
}

/** The service with what tools and tests need beyond the app's own requests. */
export interface LocalKvsService extends KvsService {
  /** Deletes what has expired, in all installations; returns how many. Forge takes up to 48 h. */
  sweepExpired(): Promise<number>;
  stats(installation: string): Promise<StoreStats>;
  /** Everything stored, secrets included, in engine order. Sees the present. */
  keys(installation: string): Promise<Address[]>;
  /** Forgets an installation: values, rates and past. */
  dropInstallation(installation: string): Promise<void>;
}

type Handler = (context: RequestContext, body: unknown) => Promise<Success>;

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['/api/v1/get', (context, body) => getValue(context, 'plain', body)],
  ['/api/v1/set', (context, body) => setValue(context, 'plain', body)],
  ['/api/v1/delete', (context, body) => deleteValue(context, 'plain', body)],
  ['/api/v1/query', queryValues],
  ['/api/v1/secret/get', (context, body) => getValue(context, 'secret', body)],
  ['/api/v1/secret/set', (context, body) => setValue(context, 'secret', body)],
  ['/api/v1/secret/delete', (context, body) => deleteValue(context, 'secret', body)],
  ['/api/v1/entity/get', (context, body) => getValue(context, 'entity', body)],
  ['/api/v1/entity/set', (context, body) => setValue(context, 'entity', body)],
  ['/api/v1/entity/delete', (context, body) => deleteValue(context, 'entity', body)],
  ['/api/v1/entity/query', queryEntity],
  ['/api/v1/batch/get', batchGet],
  ['/api/v1/batch/set', batchSet],
  ['/api/v1/batch/delete', batchDelete],
  ['/api/v1/transaction', transact],
]);

/** What the service holds in memory of one installation. */
interface Installation {
  store: InstallationStore;
  quota: InstallationQuota;
  mutex: Mutex;
}

/** Throws when the entities are more than Forge would deploy. */
export function createKvsService(options: KvsServiceOptions): LocalKvsService {
  return new LevelKvsService(options);
}

class LevelKvsService implements LocalKvsService {
  private readonly catalogue: EntityCatalogue;
  private readonly installations = new Map<string, Installation>();
  private batchGetKeys = 0;

  constructor(private readonly options: KvsServiceOptions) {
    this.catalogue = new EntityCatalogue(options.entities);
  }

  async handle(request: KvsRequest): Promise<KvsResponse> {
    const installation = this.installation(request.installation);
    return installation.mutex.run(() => this.answer(installation, request));
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.installations.values()].map(({ mutex }) => mutex.run(async () => {})),
    );
    await this.options.engine.close();
  }

  async sweepExpired(): Promise<number> {
    const { clock, engine, settings } = this.options;
    const now = clock.now();
    let swept = 0;
    for await (const [engineKey, text] of engine.iterator()) {
      if (!isExpired(decodeRecord(text), now)) continue;
      const { installation: id, address } = decodeAddress(engineKey);
      const { mutex, store } = this.installation(id);
      swept += await mutex.run(async () => {
        const record = await store.get(address);
        if (record === undefined || !isExpired(record, now)) return 0;
        await store.write([{ address, record: undefined }], now, keepMs(settings));
        return 1;
      });
    }
    return swept;
  }

  async stats(installation: string): Promise<StoreStats> {
    let stats: StoreStats = { keys: 0, bytes: 0 };
    const prefix = installationPrefix(installation);
    const range = { gte: prefix, lt: prefixEnd(prefix) };
    for await (const [engineKey, text] of this.options.engine.iterator(range)) {
      stats = addToStats(stats, decodeAddress(engineKey).address.key, decodeRecord(text));
    }
    return stats;
  }

  async keys(installation: string): Promise<Address[]> {
    const prefix = installationPrefix(installation);
    const range = { gte: prefix, lt: prefixEnd(prefix) };
    const keys = await this.options.engine.keys(range).all();
    return keys.map((engineKey) => decodeAddress(engineKey).address);
  }

  async dropInstallation(installation: string): Promise<void> {
    const dropped = this.installation(installation);
    await dropped.mutex.run(async () => {
      await dropped.store.drop();
      dropped.quota = new InstallationQuota();
    });
  }

  private installation(id: string): Installation {
    const known = this.installations.get(id);
    if (known !== undefined) return known;
    const created = {
      store: new InstallationStore(this.options.engine, id),
      quota: new InstallationQuota(),
      mutex: new Mutex(),
    };
    this.installations.set(id, created);
    return created;
  }

  private async answer(installation: Installation, request: KvsRequest): Promise<KvsResponse> {
    const now = this.options.clock.now();
    const quota = this.options.settings.enforceQuotas ? installation.quota : undefined;
    const meter = new RequestMeter(quota, now, rateCodeOf(request.path));
    const { status, body } = await this.outcome(installation, request, meter, now);
    const { bytesRead, bytesWritten, readUnits, writeUnits } = meter;
    const cost = { bytesRead, bytesWritten, readUnits, writeUnits };
    return body === undefined ? { status, ...cost } : { status, body, ...cost };
  }

  private async outcome(
    installation: Installation,
    request: KvsRequest,
    meter: RequestMeter,
    now: number,
  ): Promise<{ status: number; body?: unknown }> {
    const { settings, random } = this.options;
    try {
      if (settings.enforceQuotas && !installation.quota.admitRequest(now)) {
        throw meter.refusal('requests of this second');
      }
      const handler = HANDLERS.get(request.path);
      if (handler === undefined) throw new KvsRefusal(404, 'NOT_FOUND', 'No such path');
      const context: RequestContext = {
        store: installation.store,
        catalogue: this.catalogue,
        settings,
        meter,
        now,
        bodyBytes: Buffer.byteLength(request.body),
        random,
        failsNextBatchGet: () => this.failsNextBatchGet(),
      };
      const { body } = await handler(context, parseJson(request.body));
      return body === undefined ? { status: 204 } : { status: 200, body };
    } catch (error) {
      if (!(error instanceof KvsRefusal)) throw error;
      return { status: error.status, body: error.body() };
    }
  }

  private failsNextBatchGet(): boolean {
    const every = this.options.settings.batchGetFailEvery;
    this.batchGetKeys += 1;
    return every > 0 && this.batchGetKeys % every === 0;
  }
}

/**
 * Code of a 429. RATE_LIMIT_EXCEEDED: handling-errors-kvs, 2024-03-14, for any request over a
 * quota. TOO_MANY_REQUESTS: storage-reference/transactions, 2025-03-03, for transactions.
 */
function rateCodeOf(path: string): string {
  return path === '/api/v1/transaction' ? 'TOO_MANY_REQUESTS' : 'RATE_LIMIT_EXCEEDED';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
}
