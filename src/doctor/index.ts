/** Every check by its id. A new one is a file, a page made from it, and a line here and in ids.ts. */
import { check as clientGit } from './client.git.ts';
import { check as clientHttp } from './client.http.ts';
import { check as clientPermissions } from './client.permissions.ts';
import { check as clientPlaintext } from './client.plaintext.ts';
import { check as clientShape } from './client.shape.ts';
import { check as clientUnexpanded } from './client.unexpanded.ts';
import { check as completionInstalled } from './completion.installed.ts';
import { check as configPermissions } from './config.permissions.ts';
import { check as keyAge } from './key.age.ts';
import { check as keyExpiry } from './key.expiry.ts';
import { check as keyForm } from './key.form.ts';
import { check as keyGrace } from './key.grace.ts';
import { check as keyMissing } from './key.missing.ts';
import { check as keyOrphan } from './key.orphan.ts';
import { check as keyProbe } from './key.probe.ts';
import { check as keyScopes } from './key.scopes.ts';
import { check as placementCommand } from './placement.command.ts';
import { check as placementEntry } from './placement.entry.ts';
import { check as placementEnv } from './placement.env.ts';
import { check as placementFile } from './placement.file.ts';
import { check as placementShadowed } from './placement.shadowed.ts';
import { check as profileClock } from './profile.clock.ts';
import { check as profileReachable } from './profile.reachable.ts';
import { check as profileSession } from './profile.session.ts';
import { check as profileTls } from './profile.tls.ts';
import { check as rotationPending } from './rotation.pending.ts';
import { check as runtimeVersion } from './runtime.version.ts';
import { check as storeAvailable } from './store.available.ts';
import { check as storePersistence } from './store.persistence.ts';
import { check as storeRoundtrip } from './store.roundtrip.ts';
import type { Check, CheckId } from './types.ts';

export const CHECKS = {
  'runtime.version': runtimeVersion,
  'completion.installed': completionInstalled,
  'config.permissions': configPermissions,
  'store.available': storeAvailable,
  'store.roundtrip': storeRoundtrip,
  'store.persistence': storePersistence,
  'profile.reachable': profileReachable,
  'profile.tls': profileTls,
  'profile.clock': profileClock,
  'profile.session': profileSession,
  'key.form': keyForm,
  'key.expiry': keyExpiry,
  'key.age': keyAge,
  'key.scopes': keyScopes,
  'key.probe': keyProbe,
  'key.grace': keyGrace,
  'key.orphan': keyOrphan,
  'key.missing': keyMissing,
  'placement.file': placementFile,
  'placement.entry': placementEntry,
  'placement.command': placementCommand,
  'placement.env': placementEnv,
  'placement.shadowed': placementShadowed,
  'client.plaintext': clientPlaintext,
  'client.permissions': clientPermissions,
  'client.git': clientGit,
  'client.http': clientHttp,
  'client.shape': clientShape,
  'client.unexpanded': clientUnexpanded,
  'rotation.pending': rotationPending,
} satisfies Readonly<Record<CheckId, Check>>;
