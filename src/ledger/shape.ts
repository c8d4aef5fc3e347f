/** The form of what the ledger's files hold, checked by hand: thousands of them are read for one list. */
import type { KeyRecord, Placement } from '../ledger.ts';

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNone = (value: unknown): boolean => value === null || value === undefined || isText(value);
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

type Fields<T> = Partial<Record<keyof T, unknown>>;

const KEY_TEXTS = ['profile', 'provider', 'name', 'id', 'label', 'status', 'host'] as const;
const KEY_TEXTS_OR_NONE = ['prefix', 'createdAt', 'expiresAt', 'lastUsedAt', 'secret', 'origin', 'mark'] as const;

export function isKeyRecord(value: object): value is KeyRecord {
  const key: Fields<KeyRecord> = value;
  return (
    KEY_TEXTS.every((field) => isText(key[field])) &&
    KEY_TEXTS_OR_NONE.every((field) => isTextOrNone(key[field])) &&
    areTexts(key.scopes) &&
    areTexts(key.allowedIps) &&
    isObject(key.metadata) &&
    areTexts(Object.values(key.metadata)) &&
    (key.previous === null || isPrevious(key.previous)) &&
    arePlacements(key.placements)
  );
}

const isPrevious = (value: unknown): boolean =>
  isObject(value) && isText(value.id) && isTextOrNone(value.revokeAt) && isTextOrNone(value.secret);

export function arePlacements(value: unknown): value is readonly Placement[] {
  return Array.isArray(value) && value.every(isPlacement);
}

const PLACEMENT_TEXTS = ['client', 'path', 'server', 'mode', 'host', 'scope'] as const;

function isPlacement(value: unknown): value is Placement {
  if (!isObject(value)) return false;
  const { dir, variable, made, fields } = value;
  return (
    PLACEMENT_TEXTS.every((field) => isText(value[field])) &&
    isTextOrNone(dir) &&
    isTextOrNone(variable) &&
    (fields === undefined || (Array.isArray(fields) && fields.every(areTexts))) &&
    isObject(made) &&
    Array.isArray(made.tables) &&
    made.tables.every(areTexts)
  );
}
