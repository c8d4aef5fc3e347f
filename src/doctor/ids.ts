/** The checks' ids, in the order in which they are told. Alone in a file, so that completion loads no check. */
export const CHECK_IDS = [
  'runtime.version',
  'completion.installed',
  'config.permissions',
  'store.available',
  'store.roundtrip',
  'store.persistence',
  'profile.reachable',
  'profile.tls',
  'profile.clock',
  'profile.session',
  'key.form',
  'key.expiry',
  'key.age',
  'key.scopes',
  'key.probe',
  'key.grace',
  'key.orphan',
  'key.missing',
  'placement.file',
  'placement.entry',
  'placement.command',
  'placement.env',
  'placement.shadowed',
  'client.plaintext',
  'client.permissions',
  'client.git',
  'client.http',
  'client.shape',
  'client.unexpanded',
  'rotation.pending',
] as const;

export type CheckId = (typeof CHECK_IDS)[number];

export const isCheckId = (word: string): word is CheckId => CHECK_IDS.some((id) => id === word);
