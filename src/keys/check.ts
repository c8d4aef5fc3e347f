/** The probe of a key, and the wait until a revoked one is refused. */
import { shellCommand } from '../clients/shell.ts';
import type { Connection, Context } from '../context.ts';
import { ofProvider, retell, UserError } from '../errors.ts';
import type { Provider } from '../providers/types.ts';
import { type ProbeResult, probe } from '../proxy/probe.ts';
import { probeLocal } from '../proxy/probe-local.ts';
import type { Secret } from '../secret.ts';
import { filled } from '../typed.ts';
import { type Credential, resolveCredential } from './credential.ts';

/** Milliseconds between two probes, and how long a revoked key may go on being accepted where `--max-wait` sets nothing. */
const REFUSAL_INTERVAL = 1_000;
const REFUSAL_WAIT = 60_000;

/** What is probed; `ref` where its secret is stored. */
type Probed = Pick<Connection, 'provider' | 'profile'> & Partial<Pick<Credential, 'ref'>>;

interface ProbeHow {
  /** `key` by default. */
  readonly kind?: 'key' | 'login';
  /** Of each request to an endpoint; see `ProbePorts`. */
  readonly attempts?: number;
}

/** The probe with a secret that may not be stored yet; undefined: with none. */
export async function probeValue(
  context: Context,
  probed: Probed,
  value: Secret | undefined,
  { kind = 'key', attempts }: ProbeHow = {},
): Promise<ProbeResult> {
  const { provider } = probed;
  const { command, variable } = provider.settings;
  if (command && variable) {
    const env = await environmentOf(context, probed);
    const server = { command, variable, env, byHand: byHand(probed, command) };
    return named(await probeLocal(server, value, context), probed);
  }
  const access = provider.mcp(kind);
  if (!access) {
    throw new UserError('unsupported', `${provider.title} has no MCP endpoint that takes this credential.`, {
      provider: provider.id,
    });
  }
  const diagnoseMcp: Provider['diagnoseMcp'] = (answer) => provider.diagnoseMcp(answer, kind);
  return named(await probe(access, value, { context, provider: { ...provider, diagnoseMcp }, attempts }), probed);
}

/** What a local server is given besides the key that is probed: its own settings, and its further keys. */
async function environmentOf(
  context: Context,
  { provider: { settings } }: Pick<Connection, 'provider'>,
): Promise<Record<string, string>> {
  const env: Record<string, string> = { ...settings.variables };
  for (const [name, ref] of Object.entries(settings.keys ?? {})) {
    env[name] = (await (await resolveCredential(context, ref)).read()).reveal();
  }
  return env;
}

/** The command line that starts a local server as it is started here. */
function byHand({ provider: { settings }, ref }: Probed, command: readonly string[]): string {
  const more = Object.entries(settings.keys ?? {}).flatMap(([name, other]) => ['--env', `${name}=${other}`]);
  const [program = '', ...args] = ref === undefined ? command : ['mcpkey', 'exec', ref, ...more, '--', ...command];
  return shellCommand({ command: program, args, env: settings.variables ?? {} });
}

/** With the names in what to do next. */
function named(result: ProbeResult, { provider, profile, ref }: Probed): ProbeResult {
  if (result.error === null) return result;
  const { hint } = result.error;
  const error =
    hint === undefined ? result.error : retell(result.error, { hint: filled(hint, { profile: profile.name, ref }) });
  return { ...result, error: ofProvider(error, provider.id) };
}

export const probeCredential = async (
  context: Context,
  credential: Credential,
  how: Pick<ProbeHow, 'attempts'> = {},
): Promise<ProbeResult> => probeValue(context, credential, await credential.read(), { ...how, kind: credential.kind });

/** Refused for what it is: 401, or an error rule that says `invalid_*`. */
export const isRefusal = ({ code, status }: { readonly code: string; readonly status?: number | null | undefined }) =>
  code === 'invalid_api_key' || code === 'invalid_token' || status === 401;

export const isRefused = ({ error }: ProbeResult) => error !== null && isRefusal(error);

/** True where the endpoint answers without any key: whether it refuses a certain one cannot be seen there. */
export const answersAnyone = async (
  context: Context,
  connection: Pick<Connection, 'provider' | 'profile'>,
): Promise<boolean> => (await probeValue(context, connection, undefined)).ok;

/**
 * Probes until the key is refused. `once`: a single probe; more are of no use where the endpoint answers anyone.
 * @returns when the refusal was seen (RFC 3339), or undefined where the key was still accepted at the end.
 * Throws what keeps the probe from telling (`unreachable`, `rate_limited`, …).
 */
export async function awaitRefusal(
  context: Context,
  connection: Pick<Connection, 'provider' | 'profile'>,
  value: Secret,
  options: { once?: boolean } = {},
): Promise<string | undefined> {
  const end = context.now() + (context.options.maxWait ?? REFUSAL_WAIT);
  for (let first = true; ; first = false) {
    const result = await probeValue(context, connection, value);
    if (isRefused(result)) return new Date(context.now()).toISOString();
    if (result.error && result.error.code !== 'insufficient_scope') throw result.error;
    if (options.once || context.now() + REFUSAL_INTERVAL > end) return undefined;
    if (first && (await answersAnyone(context, connection))) return undefined;
    await context.sleep(REFUSAL_INTERVAL);
  }
}
