/** What rotations use on this machine. */
import { createGate } from '../api/gate.ts';
import type { Connection, Context } from '../context.ts';
import type { Guide } from '../keys/guide.ts';
import { once } from '../once.ts';
import type { Profile } from '../profiles.ts';
import { rotationPlaces } from './shared-journals.ts';
import type { RotationPorts } from './types.ts';

export interface Asking extends Pick<RotationPorts, 'agreeToGap' | 'saysRevoked' | 'progress' | 'maxWait'> {
  readonly guide: Guide;
  readonly revoking: Guide;
}

/** One connection a profile, so that all its keys meet the service's limits together. */
export function createRotationPorts(context: Context, asking: Asking): RotationPorts {
  const { maxWait } = asking;
  const connections = new Map<string, Promise<Connection>>();
  const open = async (profile: Profile): Promise<Connection> => {
    const { manifest } = await context.provider(profile.provider);
    const requestsPerMinute = manifest.rateLimit?.requestsPerMinute;
    return context.connect(profile, { maxWait, gate: createGate({ ...context, requestsPerMinute }) });
  };
  return {
    context,
    ...rotationPlaces(context),
    ...asking,
    ready: once(() => context.vault.ready()),
    connect(profile) {
      const known = connections.get(profile.name) ?? open(profile);
      connections.set(profile.name, known);
      return known;
    },
  };
}
