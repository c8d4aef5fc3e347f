/** Reads a key out of an answer, checking each field. */
import { secret } from '../secret.ts';
import { MARK_FIELD } from './labels.ts';
import type { KeyFields } from './manifest-http.ts';
import {
  type AnswerPlace,
  badAnswer,
  find,
  optionalText,
  optionalTextMap,
  optionalTexts,
  requireText,
} from './pointers.ts';
import { readTime } from './times.ts';
import type { CreatedKey, RemoteKey } from './types.ts';

/** What is known without the answer: the label that was sent, the id that stays. */
export interface KnownKey {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
}

export interface KeyReading {
  readonly fields: KeyFields;
  readonly place: AnswerPlace;
  readonly known?: KnownKey | undefined;
  /** ms */
  readonly now: number;
  /** Marks lie in the metadata. */
  readonly markInMetadata: boolean;
}

export function readKey(document: unknown, reading: KeyReading): RemoteKey {
  const { fields, place, known } = reading;
  const id = fields.id === undefined ? known?.id : requireText(document, fields.id, place);
  if (id === undefined) throw badAnswer(place, '', 'no id');
  const label = optionalText(document, fields.label, place) ?? known?.label ?? id;
  const expiresAt = readTime(document, fields.expiresAt, place);
  const { [MARK_FIELD]: mark, ...metadata } = optionalTextMap(document, fields.metadata, place);
  return {
    id,
    label,
    prefix: optionalText(document, fields.prefix, place) ?? null,
    scopes: optionalTexts(document, fields.scopes, place),
    createdAt: readTime(document, fields.createdAt, place),
    expiresAt,
    lastUsedAt: readTime(document, fields.lastUsedAt, place),
    status: readStatus(document, reading, expiresAt),
    metadata: reading.markInMetadata || mark === undefined ? metadata : { ...metadata, [MARK_FIELD]: mark },
    allowedIps: optionalTexts(document, fields.allowedIps, place),
    mark: reading.markInMetadata ? mark : undefined,
  };
}

export function readCreatedKey(document: unknown, reading: KeyReading): CreatedKey {
  const { fields, place } = reading;
  const pointer = fields.secret;
  const value = pointer === undefined ? undefined : find(document, pointer);
  if (typeof value !== 'string' || value === '') throw badAnswer(place, pointer ?? '', 'no key');
  const hidden = secret(value);
  return { ...readKey(document, reading), secret: hidden };
}

function readStatus(document: unknown, reading: KeyReading, expiresAt: string | null): RemoteKey['status'] {
  const { active } = reading.fields;
  const value = active === undefined ? undefined : find(document, active.pointer);
  if (active && value === undefined) return 'unknown';
  if (active && value !== active.equals) return active.otherwise;
  return expiresAt !== null && Date.parse(expiresAt) <= reading.now ? 'expired' : 'active';
}
