/** Which secret goes into which environment variable of the program that is run. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Credential, resolveCredential } from '../keys/credential.ts';
import type { Secret } from '../secret.ts';

export interface Assignment {
  readonly variable: string;
  readonly credential: Credential;
  readonly value: Secret;
}

/** POSIX, "Environment variable definition", and small letters. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `KEY` and `--env VAR[=REF]` as typed; neither means the profile in use. Each secret is read once. */
export async function assignVariables(
  context: Context,
  key: string | undefined,
  envs: readonly string[],
): Promise<Assignment[]> {
  const wanted = envs.map(parseEnv);
  const own = wanted.some((each) => each.ref === undefined);
  const usesKey = key !== undefined || own || wanted.length === 0;
  const main = usesKey
    ? await resolveCredential(context, key ?? context.profiles.inUse(context.options.profile).name)
    : undefined;
  const secrets = new Map<string, Promise<Secret>>();
  const assign = async (variable: string, credential: Credential): Promise<Assignment> => {
    const reading = secrets.get(credential.ref) ?? credential.read();
    secrets.set(credential.ref, reading);
    return { variable, credential, value: await reading };
  };
  const variables = wanted.map(({ variable }) => variable);
  refuseTwice(main && !own ? [variableOf(main), ...variables] : variables);
  const assignments: Assignment[] = [];
  if (main && !own) assignments.push(await assign(variableOf(main), main));
  for (const { variable, ref } of wanted) {
    const credential = ref === undefined ? main : await resolveCredential(context, ref);
    if (credential) assignments.push(await assign(variable, credential));
  }
  return assignments;
}

/** Throws `usage` where one variable is to get two keys: only one would be seen. */
export function refuseTwice(variables: readonly string[]): void {
  const twice = variables.find((variable, index) => variables.indexOf(variable) !== index);
  if (twice === undefined) return;
  throw new UserError('usage', `The variable ${twice} is to get two keys.`, {
    hint: 'Give each key a variable of its own: mcpkey exec --env VAR=KEY --env OTHER=KEY -- CMD',
  });
}

function parseEnv(text: string): { variable: string; ref: string | undefined } {
  const at = text.indexOf('=');
  const variable = at === -1 ? text : text.slice(0, at);
  const ref = at === -1 ? undefined : text.slice(at + 1);
  if (!NAME.test(variable) || ref === '') {
    throw new UserError('usage', `--env ${JSON.stringify(text)} is not VAR or VAR=KEY.`, {
      hint: 'mcpkey exec --env BRAVE_API_KEY=brave/laptop -- CMD',
    });
  }
  return { variable, ref };
}

/** `--env VAR` apart from `--env VAR=REF`. Throws `usage`. */
export function splitVariables(envs: readonly string[]): { own: readonly string[]; others: readonly string[] } {
  const parsed = envs.map((text) => ({ text, ...parseEnv(text) }));
  return {
    own: parsed.filter(({ ref }) => ref === undefined).map(({ variable }) => variable),
    others: parsed.filter(({ ref }) => ref !== undefined).map(({ text }) => text),
  };
}

/** The service's own variable by convention, else the local server's, else `<PROFILE>_API_KEY`. */
export function variableOf({ provider, profile }: Pick<Credential, 'provider' | 'profile'>): string {
  const name = profile.name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  return provider.manifest.environment ?? profile.variable ?? `${/^[0-9]/.test(name) ? '_' : ''}${name}_API_KEY`;
}
