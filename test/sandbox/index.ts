/**
 * The five services as they are documented, odd behaviours included, on loopback: each with a real MCP server, all
 * with one real authorization server. Tests, the demo and authors of plug-ins use this same one.
 */
import { type Issuer, startIssuer } from '../helpers/issuer.ts';
import { AI2FIN_SCOPES, type Ai2fin, type Ai2finOptions, startAi2fin } from './ai2fin.ts';
import { APEX_AUDIENCE, type Apexmcp, type ApexmcpOptions, startApexmcp } from './apexmcp.ts';
import { createFaults, type Fault, type Faults, type PlantedFault } from './faults.ts';
import { type Generic, type GenericOptions, startGeneric } from './generic.ts';
import { noteSecret } from './given-out.ts';
import { type Investra, type InvestraOptions, startInvestra } from './investra.ts';
import { type McpCloud, type McpCloudOptions, startMcpCloud } from './mcp-cloud.ts';
import { type SandboxRequest, textOf } from './request.ts';
import type { Person, ServicePorts } from './service.ts';
import { randomWord, type SandboxKey } from './shelf.ts';
import { type StockData, type StockDataOptions, startStockData } from './stock-data.ts';

export type { Fault, FaultAction, FaultMatch, PlantedFault } from './faults.ts';
export type { SandboxRequest } from './request.ts';
export type { SandboxKey } from './shelf.ts';

export interface SandboxServices {
  readonly 'stock-data': StockData;
  readonly ai2fin: Ai2fin;
  readonly 'mcp-cloud': McpCloud;
  readonly investra: Investra;
  readonly apexmcp: Apexmcp;
  readonly generic: Generic;
}

export type ServiceId = keyof SandboxServices;

export interface SandboxOptions {
  /** All of them unless told. The authorization server starts only where one of them needs it. */
  readonly services?: readonly ServiceId[];
  readonly stockData?: StockDataOptions;
  readonly ai2fin?: Ai2finOptions;
  readonly mcpCloud?: McpCloudOptions;
  readonly investra?: InvestraOptions;
  readonly apexmcp?: ApexmcpOptions;
  readonly generic?: GenericOptions;
  /** Seconds that the authorization server's access tokens last; an hour unless told. */
  readonly accessTokenLifetime?: number;
  /** Planted before the first request. */
  readonly faults?: readonly (Fault & { readonly service: ServiceId })[];
  /** Milliseconds before each answer; 0 unless told. */
  readonly latency?: number;
}

export interface Sandbox {
  /** The one user of all services, and their made-up password. */
  readonly person: Person;
  /** Throws where that service was not started. */
  service<Id extends ServiceId>(id: Id): SandboxServices[Id];
  readonly ids: readonly ServiceId[];
  /** The authorization server. Throws where no started service needs one. */
  readonly issuer: Issuer;
  /** Makes an access token as another client of the authorization server gets it (client credentials). */
  token(resource: string, scope: string): Promise<string>;
  /** Makes single requests of a service go wrong. */
  fault(service: ServiceId, fault: Fault): PlantedFault;
  clearFaults(): void;
  /** Every request to the services, oldest first, headers with their values. */
  readonly requests: SandboxRequest[];
  keys(service: ServiceId): readonly SandboxKey[];
  close(): Promise<void>;
}

const IDS: readonly ServiceId[] = ['stock-data', 'ai2fin', 'mcp-cloud', 'investra', 'apexmcp', 'generic'];
const WITH_ISSUER: readonly ServiceId[] = ['ai2fin', 'investra', 'apexmcp'];

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const ids = IDS.filter((id) => options.services?.includes(id) ?? true);
  const person: Person = { email: 'ann@example.test', password: noteSecret(`made-up ${randomWord(16)}`) };
  const requests: SandboxRequest[] = [];
  const issuer = ids.some((id) => WITH_ISSUER.includes(id)) ? await startTrustedIssuer(options) : undefined;
  const faults = new Map<ServiceId, Faults>(ids.map((id) => [id, createFaults()]));
  const running = await startAll(ids, options, (id) => ({
    person,
    log: requests,
    faults: known(faults.get(id), id),
    latency: options.latency ?? 0,
    issuer: () => Promise.resolve({ issuer: known(issuer, id).issuer, jwksUri: `${known(issuer, id).issuer}/jwks` }),
  }));
  for (const { service, ...fault } of options.faults ?? []) known(faults.get(service), service).plant(fault);
  return {
    person,
    ids,
    requests,
    service: (id) => running[id],
    get issuer() {
      return known(issuer, 'the authorization server');
    },
    token: (resource, scope) => machineToken(known(issuer, 'the authorization server'), resource, scope),
    fault: (service, fault) => known(faults.get(service), service).plant(fault),
    clearFaults: () => {
      for (const entry of faults.values()) entry.clear();
    },
    keys: (service) => running[service].keys,
    close: async () => {
      await Promise.all(ids.map((id) => running[id].close()));
      await issuer?.close();
    },
  };
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`this sandbox was started without ${what}`);
  return value;
}

function startTrustedIssuer(options: SandboxOptions): Promise<Issuer> {
  return startIssuer({
    resourceScopes: [...AI2FIN_SCOPES, 'mcp:call'].join(' '),
    defaultResource: APEX_AUDIENCE,
    registration: true,
    ...(options.accessTokenLifetime === undefined ? {} : { accessTokenTtl: options.accessTokenLifetime }),
  });
}

type Ports = (id: ServiceId) => ServicePorts;

/** The services that were chosen; the others throw when they are asked for. */
async function startAll(ids: readonly ServiceId[], options: SandboxOptions, ports: Ports): Promise<SandboxServices> {
  const chosen = async <T>(id: ServiceId, start: (own: ServicePorts) => Promise<T>): Promise<T | undefined> =>
    ids.includes(id) ? start(ports(id)) : undefined;
  const [stockData, ai2fin, mcpCloud, investra, apexmcp, generic] = await Promise.all([
    chosen('stock-data', (own) => startStockData(own, options.stockData)),
    chosen('ai2fin', (own) => startAi2fin(own, options.ai2fin)),
    chosen('mcp-cloud', (own) => startMcpCloud(own, options.mcpCloud)),
    chosen('investra', (own) => startInvestra(own, options.investra)),
    chosen('apexmcp', (own) => startApexmcp(own, options.apexmcp)),
    chosen('generic', (own) => startGeneric(own, options.generic)),
  ]);
  return {
    get 'stock-data'() {
      return known(stockData, 'stock-data');
    },
    get ai2fin() {
      return known(ai2fin, 'ai2fin');
    },
    get 'mcp-cloud'() {
      return known(mcpCloud, 'mcp-cloud');
    },
    get investra() {
      return known(investra, 'investra');
    },
    get apexmcp() {
      return known(apexmcp, 'apexmcp');
    },
    get generic() {
      return known(generic, 'generic');
    },
  };
}

/** A token for the machine client, by RFC 6749 §4.4 and RFC 8707. */
async function machineToken(issuer: Issuer, resource: string, scope: string): Promise<string> {
  const basic = Buffer.from(`${encodeURIComponent(issuer.clientIds.machine)}:${issuer.machineSecret}`).toString(
    'base64',
  );
  const response = await fetch(`${issuer.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  });
  const token = textOf(await response.json(), 'access_token');
  if (token === undefined) throw new Error(`the authorization server answered ${response.status} without a token`);
  return token;
}
