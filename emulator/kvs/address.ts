/**
 * Where a value stands. On the engine: `<installation>/<space>/<entity>/<key>`, the first and third
 * part in hexadecimal UTF-16. Neither can hold a `/`, and the key comes last, so no installation,
 * entity or key can name a place of another, and one prefix covers exactly one of them.
 */
export type Space = 'plain' | 'secret' | 'entity';

export interface Address {
  space: Space;
  /** Present exactly when the space is `entity`. */
  entityName?: string;
  key: string;
}

const SPACE_CODES: Readonly<Record<Space, string>> = { plain: 'k', secret: 's', entity: 'e' };
const SPACES: Readonly<Record<string, Space>> = { k: 'plain', s: 'secret', e: 'entity' };

/** Total and injective: no two names share an encoding, whatever characters they hold. */
function encodeName(name: string): string {
  return Buffer.from(name, 'utf16le').toString('hex');
}

function decodeName(encoded: string): string {
  return Buffer.from(encoded, 'hex').toString('utf16le');
}

/** The key that follows every key with a prefix ending in `/`. */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

export function installationPrefix(installation: string): string {
  return `${encodeName(installation)}/`;
}

/** Every key of the prefix belongs to this space, and for entities to this entity. */
export function spacePrefix(installation: string, space: Space, entityName = ''): string {
  const head = `${installationPrefix(installation)}${SPACE_CODES[space]}/`;
  return `${head}${encodeName(entityName)}/`;
}

export function encodeAddress(installation: string, address: Address): string {
  return spacePrefix(installation, address.space, address.entityName) + address.key;
}

export function decodeAddress(engineKey: string): { installation: string; address: Address } {
  const [installation = '', code = '', entity = '', ...rest] = engineKey.split('/');
  const space = SPACES[code];
  if (space === undefined) throw new Error(`not a key of the storage service: space "${code}"`);
  const address: Address = { space, key: rest.join('/') };
  if (space === 'entity') address.entityName = decodeName(entity);
  return { installation: decodeName(installation), address };
}

/** The address of a request item: an entity's when it names one, else a plain value's. */
export function itemAddress(item: { key: string; entityName?: string | undefined }): Address {
  if (item.entityName === undefined) return { space: 'plain', key: item.key };
  return { space: 'entity', entityName: item.entityName, key: item.key };
}
