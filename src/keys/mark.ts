import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** A new operation's id, with which a key is marked: 8 hex digits. */
export const newMark = () => randomBytes(4).toString('hex');

/** The id of a key made by hand: `m_` and 12 hex digits of the secret's SHA-256, the same on every machine. */
export const assistedId = (value: Secret) =>
  `m_${createHash('sha256').update(value.reveal()).digest('hex').slice(0, 12)}`;
