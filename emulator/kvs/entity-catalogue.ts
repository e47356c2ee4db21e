/** What the app manifest declares of its entities, and the checks that follow from it. */
import { ENTITIES_MAX, ENTITY_ATTRIBUTES_MAX, ENTITY_INDEXES_MAX } from '../../src/platform/limits';
import type { EntityDeclaration } from '../types';
import { badRequest, KvsRefusal } from './refusal';
import {
  INTEGER_MAX,
  INTEGER_MIN,
  KEY_INDEX,
  PARTITION_BYTES_MAX,
  RANGE_VALUE_BYTES_MAX,
} from './rules';

export type EntityIndex = EntityDeclaration['indexes'][number];
export type EntityValue = Readonly<Record<string, unknown>>;
type AttributeType = EntityDeclaration['attributes'][string]['type'];

const TYPE_TESTS: Readonly<Record<AttributeType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) =>
    Number.isInteger(value) && Number(value) >= INTEGER_MIN && Number(value) <= INTEGER_MAX,
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  any: () => true,
};

/** An index without a declaration: its range is the key itself. */
const KEY_INDEX_DECLARATION: EntityIndex = { name: KEY_INDEX, partition: [], range: [] };

export class EntityCatalogue {
  private readonly declarations: ReadonlyMap<string, EntityDeclaration>;

  /** Throws when the declarations are more than Forge would deploy. */
  constructor(declarations: readonly EntityDeclaration[]) {
    checkDeclarations(declarations);
    this.declarations = new Map(declarations.map((entity) => [entity.name, entity]));
  }

  /** Errors: 404 SCHEMA_NOT_FOUND. Source: probe 2026-10-09. */
  entity(name: string): EntityDeclaration {
    const declaration = this.declarations.get(name);
    if (declaration === undefined) {
      throw new KvsRefusal(404, 'SCHEMA_NOT_FOUND', 'The schema provided does not exist');
    }
    return declaration;
  }

  /** Errors: INVALID_ENTITY_INDEX (that this code also covers an unknown index: unconfirmed). */
  index(declaration: EntityDeclaration, name: string): EntityIndex {
    if (name === KEY_INDEX) return KEY_INDEX_DECLARATION;
    const index = declaration.indexes.find((candidate) => candidate.name === name);
    if (index === undefined) {
      const where = `${declaration.name} declares no index ${name}`;
      throw badRequest('INVALID_ENTITY_INDEX', `Entity ${where}`);
    }
    return index;
  }

  /**
   * Errors: INCORRECT_PROPERTY_TYPE (probe 2026-10-09, measured for integers) and
   * INVALID_ENTITY_VALUE: not an object, an attribute that is not declared, or an index value over
   * its bytes. The last two are unconfirmed; refusing is what a declared schema suggests.
   */
  checkValue(name: string, value: unknown): void {
    const declaration = this.entity(name);
    if (!isEntityValue(value)) {
      throw badRequest('INVALID_ENTITY_VALUE', 'An entity value must be an object');
    }
    for (const [attribute, found] of Object.entries(value)) {
      const type = Object.hasOwn(declaration.attributes, attribute)
        ? declaration.attributes[attribute]?.type
        : undefined;
      if (type === undefined) {
        throw badRequest('INVALID_ENTITY_VALUE', `Attribute "${attribute}" is not declared`);
      }
      if (!TYPE_TESTS[type](found)) {
        const message = `Data type for property "${attribute}" is defined as "${type}"`;
        throw badRequest('INCORRECT_PROPERTY_TYPE', message);
      }
    }
    for (const index of declaration.indexes) checkIndexBytes(index, value);
  }

  /** Errors: QUERY_WHERE_FIELD_INVALID (the code is the Key-Value Store's; here unconfirmed). */
  checkAttribute(declaration: EntityDeclaration, attribute: string): void {
    if (!Object.hasOwn(declaration.attributes, attribute)) {
      throw badRequest('QUERY_WHERE_FIELD_INVALID', `Attribute "${attribute}" is not declared`);
    }
  }
}

export function isEntityValue(value: unknown): value is EntityValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkIndexBytes(index: EntityIndex, value: EntityValue): void {
  const bytesOf = (attributes: readonly string[]) =>
    attributes.reduce((sum, name) => sum + Buffer.byteLength(String(value[name] ?? '')), 0);
  if (
    bytesOf(index.range) > RANGE_VALUE_BYTES_MAX ||
    bytesOf(index.partition) > PARTITION_BYTES_MAX
  ) {
    throw badRequest('INVALID_ENTITY_VALUE', `Value is too long for index ${index.name}`);
  }
}

function checkDeclarations(declarations: readonly EntityDeclaration[]): void {
  const refuse = (what: string, found: number, max: number) => {
    if (found > max) throw new Error(`the app manifest declares ${found} ${what}, at most ${max}`);
  };
  refuse('entities', declarations.length, ENTITIES_MAX);
  for (const { name, attributes, indexes } of declarations) {
    refuse(`attributes of ${name}`, Object.keys(attributes).length, ENTITY_ATTRIBUTES_MAX);
    refuse(`indexes of ${name}`, indexes.length, ENTITY_INDEXES_MAX);
    for (const index of indexes) {
      refuse(`range attributes of ${name}.${index.name}`, index.range.length, 1);
      for (const attribute of [...index.partition, ...index.range]) {
        if (!Object.hasOwn(attributes, attribute)) {
          throw new Error(`index ${name}.${index.name} names ${attribute}, which is not declared`);
        }
      }
    }
  }
}
