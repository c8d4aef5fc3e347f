/** The state of this machine in one value: servers, where their keys lie, whether they answer, and what comes next. */
import type { Context } from '../context.ts';
import { type Ending, endingSoon } from '../keys/ending.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import { waitingForSync } from '../placement/waiting.ts';
import { typed } from '../typed.ts';
import { type Answer, askAll, NOT_ASKED, PENDING } from './answers.ts';
import { toRevokeByHand } from './keys.ts';
import { type ServerRow, surveyServers } from './servers.ts';

export interface ServerState extends ServerRow {
  /** The store that holds the key; null where it lies elsewhere or nowhere. */
  readonly store: string | null;
  readonly answer: Answer;
}

export interface Overview {
  readonly servers: readonly ServerState[];
  readonly broken: readonly string[];
  readonly endingSoon: readonly Ending[];
  readonly byHand: readonly string[];
  /** Keys that another machine rotated; files or hooks of this one still have the secret of before. */
  readonly toSync: readonly string[];
  /** The next command to run, and why. */
  readonly next: { readonly run: string; readonly why: string };
}

export interface OverviewWatch {
  /** Milliseconds until what has not answered counts as silent. */
  readonly patience: number;
  /** Hears what is known before anything is asked, and again with each answer. */
  onChange(state: Overview): void;
}

export async function overview(context: Context, { patience, onChange }: OverviewWatch): Promise<Overview> {
  const [{ servers, broken }, keys, index, waiting] = await Promise.all([
    surveyServers(context),
    context.ledger.keys(),
    context.vault.index(),
    waitingForSync(context),
  ]);
  const storeOf = (ref: string): string | null => {
    const key = keys.find(({ profile, name }) => `${profile}/${name}` === ref);
    return index.find(({ profile, record }) => profile === key?.profile && record === key.secret)?.store ?? null;
  };
  const answers = new Map<string, Answer>();
  const state = (): Overview => {
    const rows = servers.map((row) => ({
      ...row,
      store: row.ref === null ? null : storeOf(row.ref),
      answer: row.ref === null ? NOT_ASKED : (answers.get(row.ref) ?? PENDING),
    }));
    const byHand = toRevokeByHand(keys);
    const toSync = waiting.map(refOf);
    const parts = { servers: rows, broken, endingSoon: endingSoon(keys, context.now()), byHand, toSync };
    return { ...parts, next: nextStep(context, parts, keys) };
  };
  onChange(state());
  const refs = servers.flatMap(({ ref }) => ref ?? []);
  const onAnswer = (ref: string, answer: Answer): void => {
    answers.set(ref, answer);
    onChange(state());
  };
  await askAll(context, refs, { patience, onAnswer });
  return state();
}

/** The most pressing step first. */
function nextStep(
  context: Pick<Context, 'profiles'>,
  { servers, broken, endingSoon: ending, byHand, toSync }: Omit<Overview, 'next'>,
  keys: readonly KeyRecord[],
): Overview['next'] {
  const kept = keys.find(({ status, secret }) => status !== 'revoked' && secret !== null);
  const refused = servers.find(({ answer }) => answer.ok === false);
  const clear = servers.find(({ clearLine, mode }) => clearLine !== null && mode !== 'plain');
  const [first] = context.profiles.list();
  if (first === undefined && clear === undefined) {
    return { run: 'mcpkey setup PROVIDER|URL', why: 'nothing is set up yet; mcpkey provider list names the services' };
  }
  if (broken.length > 0) return { run: 'mcpkey doctor', why: 'a file does not parse' };
  if (toSync[0]) return { run: 'mcpkey sync', why: `${toSync[0]} was rotated on another machine` };
  if (refused?.ref) return { run: typed`mcpkey verify ${refused.ref}`, why: `${refused.server} does not answer` };
  if (byHand[0])
    return { run: 'mcpkey rotate --finish', why: `the old key of ${byHand[0]} waits to be revoked by hand` };
  if (ending[0]) return { run: typed`mcpkey rotate ${ending[0].ref}`, why: 'it ends soon' };
  if (clear) return { run: 'mcpkey adopt', why: `the key of ${clear.server} stands in clear` };
  if (kept === undefined)
    return { run: typed`mcpkey create -p ${first?.name ?? 'PROFILE'}`, why: 'no key is kept here' };
  const ref = `${kept.profile}/${kept.name}`;
  if (!servers.some((row) => row.ref === ref))
    return { run: typed`mcpkey place ${ref} CLIENT`, why: 'no client uses it' };
  return { run: 'mcpkey list --all-profiles', why: 'all is well' };
}
