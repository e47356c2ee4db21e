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

export interface AppManifest {
  /** The identifier inside `app.id`. */
  appId: string;
  functions: FunctionDeclaration[];
  consumers: ConsumerDeclaration[];
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
    const target = functions.find((candidate) => candidate.key === declared.function);
    if (target === undefined) {
      throw new Error(
        `app manifest: consumer ${declared.key} names function ${declared.function}, ` +
          'which modules.function does not declare',
      );
    }
    const timeoutSeconds = target.timeoutSeconds ?? CONSUMER_TIMEOUT_SECONDS_DEFAULT;
    return { ...declared, timeoutSeconds };
  });
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
