/** What every service of the sandbox has in common. */
import type { Faults } from './faults.ts';
import type { ListenOptions } from './listen.ts';
import type { SandboxRequest } from './request.ts';
import type { SandboxKey } from './shelf.ts';
import type { Issuing } from './tokens.ts';

/** The only user of the sandbox; the password is made up at each start. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

/** What `startSandbox` hands to a service. */
export interface ServicePorts {
  readonly person: Person;
  readonly log: SandboxRequest[];
  readonly faults: Faults;
  readonly latency: number;
  /** The authorization server that all of them trust. */
  readonly issuer: () => Promise<Issuing>;
}

export interface RunningService {
  /** Origin of the key API and the dashboard. */
  readonly url: string;
  readonly mcpUrl: string;
  readonly keys: readonly SandboxKey[];
  close(): Promise<void>;
}

export function listening(service: string, ports: ServicePorts): ListenOptions {
  return { service, log: ports.log, faults: ports.faults, latency: ports.latency };
}
