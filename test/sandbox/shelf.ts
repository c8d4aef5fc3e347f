/** The keys of one service, as its database holds them. Only the sandbox may keep secrets in the clear. */
import { randomBytes, randomInt } from 'node:crypto';
import { noteSecret } from './given-out.ts';

export interface SandboxKey {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revoked: boolean;
  readonly allowedIps: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NewKey {
  readonly name: string;
  readonly scopes?: readonly string[];
  /** Date, or null for never. */
  readonly expires?: Date | null;
  readonly allowedIps?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Shelf {
  readonly keys: readonly SandboxKey[];
  add(input: NewKey): SandboxKey;
  /** The key of this id, revoked ones too. */
  find(id: string): SandboxKey | undefined;
  /** The key with this secret if it is neither revoked nor expired; notes the use. */
  use(secret: string | undefined): SandboxKey | undefined;
  /** False where there is no such active key. */
  revoke(id: string): boolean;
  readonly active: readonly SandboxKey[];
}

export interface ShelfForm {
  readonly makeId: () => string;
  readonly makeSecret: () => string;
}

export function createShelf(form: ShelfForm): Shelf {
  const keys: SandboxKey[] = [];
  return {
    keys,
    add(input) {
      const key: SandboxKey = {
        id: form.makeId(),
        name: input.name,
        secret: noteSecret(form.makeSecret()),
        scopes: input.scopes ?? [],
        createdAt: new Date(),
        expiresAt: input.expires ?? null,
        lastUsedAt: null,
        revoked: false,
        allowedIps: input.allowedIps ?? [],
        metadata: input.metadata ?? {},
      };
      keys.push(key);
      return key;
    },
    find: (id) => keys.find((key) => key.id === id),
    use(secret) {
      const key = keys.find((candidate) => candidate.secret === secret);
      if (key === undefined || key.revoked || isExpired(key)) return undefined;
      key.lastUsedAt = new Date();
      return key;
    },
    revoke(id) {
      const key = keys.find((candidate) => candidate.id === id && !candidate.revoked);
      if (key !== undefined) key.revoked = true;
      return key !== undefined;
    },
    get active() {
      return keys.filter((key) => !key.revoked);
    },
  };
}

export function isExpired(key: SandboxKey): boolean {
  return key.expiresAt !== null && key.expiresAt.getTime() <= Date.now();
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** So many letters and digits that nobody can guess. */
export function randomWord(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

export const randomHex = (digits: number): string => randomBytes(digits / 2).toString('hex');
