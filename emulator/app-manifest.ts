/**
 * Reads what the local platform needs of the app manifest. It checks the parts it uses and leaves
 * the rest to the genuine validation of `@forge/manifest`.
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parse } from 'yaml';
import { CONSUMER_TIMEOUT_SECONDS_DEFAULT } from '../src/platform/limits';
import type { EntityDeclaration } from './types';

/** Memory of a function unless the manifest says more. Source: limits-invocation, 2026-09-01. */
const FUNCTION_MEMORY_MB_DEFAULT = 512;

/** Scheduled triggers of an app. Source: limits page, late 2025. */
const TRIGGERS_MAX = 5;
/** Those of five minutes among them. Source: limits page, late 2025. */
const FIVE_MINUTE_TRIGGERS_MAX = 1;

export interface FunctionDeclaration {
  key: string;
  handler: string;
  /** Undefined when the manifest leaves it to the platform. */
  timeoutSeconds: number | undefined;
  memoryMb: number;
}

export interface ConsumerDeclaration {
  key: string;
  queue: string;
  function: string;
  timeoutSeconds: number;
}

export type TriggerInterval = 'fiveMinute' | 'hour' | 'day' | 'week';

export interface TriggerDeclaration {
  key: string;
  function: string;
  interval: TriggerInterval;
}

export interface AppManifest {
  /** The identifier inside `app.id`. */
  appId: string;
  functions: FunctionDeclaration[];
  consumers: ConsumerDeclaration[];
  scheduledTriggers: TriggerDeclaration[];
  entities: EntityDeclaration[];
  /** Addresses of `permissions.external.fetch.backend`, remotes replaced by their base URL. */
  egress: string[];
  scopes: string[];
}

const attributeType = v.picklist(['string', 'integer', 'float', 'boolean', 'any']);

const entitySchema = v.object({
  name: v.string(),
  attributes: v.record(v.string(), v.object({ type: attributeType })),
  indexes: v.optional(
    v.array(
      v.union([
        v.string(),
        v.object({
          name: v.string(),
          range: v.array(v.string()),
          partition: v.optional(v.array(v.string()), []),
        }),
      ]),
    ),
    [],
  ),
});

const runtimeSchema = v.object({ memoryMB: v.optional(v.number()) });

const egressEntrySchema = v.union([
  v.string(),
  v.object({ address: v.string() }),
  v.object({ remote: v.string() }),
]);

const manifestSchema = v.object({
  app: v.object({
    id: v.string(),
    runtime: v.optional(runtimeSchema, {}),
    storage: v.optional(v.object({ entities: v.optional(v.array(entitySchema), []) }), {}),
  }),
  modules: v.object({
    function: v.optional(
      v.array(
        v.object({
          key: v.string(),
          handler: v.string(),
          timeoutSeconds: v.optional(v.number()),
          runtime: v.optional(runtimeSchema, {}),
        }),
      ),
      [],
    ),
    consumer: v.optional(
      v.array(v.object({ key: v.string(), queue: v.string(), function: v.string() })),
      [],
    ),
    scheduledTrigger: v.optional(
      v.array(
        v.object({
          key: v.string(),
          function: v.string(),
          interval: v.picklist(['fiveMinute', 'hour', 'day', 'week']),
        }),
      ),
      [],
    ),
  }),
  permissions: v.optional(
    v.object({
      scopes: v.optional(v.union([v.array(v.string()), v.record(v.string(), v.unknown())]), []),
      external: v.optional(
        v.object({
          fetch: v.optional(v.object({ backend: v.optional(v.array(egressEntrySchema), []) }), {}),
        }),
        {},
      ),
    }),
    {},
  ),
  remotes: v.optional(v.array(v.object({ key: v.string(), baseUrl: v.optional(v.string()) })), []),
});

type ManifestFile = v.InferOutput<typeof manifestSchema>;

/** Reads an app manifest from a file. */
export async function readAppManifest(path: string): Promise<AppManifest> {
  return parseAppManifest(await readFile(path, 'utf8'));
}

/** Reads an app manifest from its YAML text. */
export function parseAppManifest(text: string): AppManifest {
  const file = v.parse(manifestSchema, parse(text));
  const functions = functionsOf(file);
  return {
    appId: file.app.id.replace(/^ari:cloud:ecosystem::app\//, ''),
    functions,
    consumers: consumersOf(file, functions),
    scheduledTriggers: scheduledTriggersOf(file, functions),
    entities: entitiesOf(file),
    egress: egressOf(file),
    scopes: Array.isArray(file.permissions.scopes)
      ? file.permissions.scopes
      : Object.keys(file.permissions.scopes),
  };
}

function functionsOf(file: ManifestFile): FunctionDeclaration[] {
  const memoryMb = file.app.runtime.memoryMB ?? FUNCTION_MEMORY_MB_DEFAULT;
  return file.modules.function.map((declared) => ({
    key: declared.key,
    handler: declared.handler,
    timeoutSeconds: declared.timeoutSeconds,
    memoryMb: declared.runtime.memoryMB ?? memoryMb,
  }));
}

function consumersOf(file: ManifestFile, functions: FunctionDeclaration[]): ConsumerDeclaration[] {
  return file.modules.consumer.map((declared) => {
    const target = functionOf(`consumer ${declared.key}`, declared.function, functions);
    const timeoutSeconds = target.timeoutSeconds ?? CONSUMER_TIMEOUT_SECONDS_DEFAULT;
    return { ...declared, timeoutSeconds };
  });
}

function scheduledTriggersOf(
  file: ManifestFile,
  functions: FunctionDeclaration[],
): TriggerDeclaration[] {
  const declared = file.modules.scheduledTrigger;
  for (const { key, function: name } of declared) {
    functionOf(`scheduledTrigger ${key}`, name, functions);
  }
  const frequent = declared.filter(({ interval }) => interval === 'fiveMinute').length;
  if (declared.length > TRIGGERS_MAX || frequent > FIVE_MINUTE_TRIGGERS_MAX) {
    throw new Error(
      `app manifest: ${declared.length} scheduled triggers, ${frequent} of them fiveMinute; an app ` +
        `may declare ${TRIGGERS_MAX}, ${FIVE_MINUTE_TRIGGERS_MAX} of them fiveMinute`,
    );
  }
  return declared;
}

function functionOf(
  module: string,
  name: string,
  functions: FunctionDeclaration[],
): FunctionDeclaration {
  const target = functions.find((candidate) => candidate.key === name);
  if (target === undefined) {
    throw new Error(
      `app manifest: ${module} names function ${name}, which modules.function does not declare`,
    );
  }
  return target;
}

function entitiesOf(file: ManifestFile): EntityDeclaration[] {
  return (file.app.storage.entities ?? []).map((entity) => ({
    name: entity.name,
    attributes: entity.attributes,
    indexes: entity.indexes.map((index) =>
      typeof index === 'string' ? { name: index, partition: [], range: [index] } : index,
    ),
  }));
}

function egressOf(file: ManifestFile): string[] {
  const entries = file.permissions.external.fetch?.backend ?? [];
  return entries.map((entry) => {
    if (typeof entry === 'string') return entry;
    if ('address' in entry) return entry.address;
    const baseUrl = file.remotes.find((remote) => remote.key === entry.remote)?.baseUrl;
    if (baseUrl === undefined) {
      throw new Error(`app manifest: egress names remote ${entry.remote}, which has no baseUrl`);
    }
    return baseUrl;
  });
}
