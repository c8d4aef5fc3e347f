/** Journals of rotations in a shared store: one document each, so that another machine can end what this one began. */
import { join } from 'node:path';
import type { Context, Shared } from '../context.ts';
import { retell, UserError } from '../errors.ts';
import { type LeftJournal, newJournalId } from '../journal.ts';
import { refOf } from '../keys/refs.ts';
import { isSharedKey } from '../shared/documents.ts';
import type { SharedDocument } from '../stores/types.ts';
import { readText, removeFile, writeAtomic } from '../system/files.ts';
import {
  type Abandoned,
  count,
  type FoundJournal,
  fileJournals,
  foldRecords,
  type JournalPlace,
  kindOf,
  leftAmong,
  parseLine,
  ROTATION,
  type RotationJournal,
} from './journal.ts';
import type { Planned, RotationRecord } from './records.ts';
import type { KeyName, RotationPorts } from './types.ts';

const FOLDER = 'journals';

type Parts = Pick<Context, 'paths' | 'locks' | 'shared' | 'host'>;

/** In the journal, in the place of a command that only one machine knows. */
const ELSEWHERE = '';

/** A key's journals and claims are where its record is: in the store that machines share, or in this machine's files. */
export function rotationPlaces(context: Parts): Pick<RotationPorts, 'journals' | 'claim' | 'isClaimed'> {
  const files = fileJournals(context.paths.journals);
  /** Keys that are known to be shared; none of them is moved while it is rotated. */
  const seen = new Set<string>();
  const spaceOf = async (key: KeyName): Promise<Shared | undefined> => {
    const shared = await context.shared();
    if (!shared || (!seen.has(refOf(key)) && !(await isSharedKey(shared.space, key)))) return undefined;
    seen.add(refOf(key));
    return shared;
  };
  const inStore = (shared: Shared | undefined) => shared && sharedJournals(shared, machineOf(context));
  return {
    journals: {
      begin: async (first) => (inStore(await spaceOf(first)) ?? files).begin(first),
      left: async (key) => [...(await files.left(key)), ...((await inStore(await context.shared())?.left(key)) ?? [])],
      async reopen(left) {
        const store = isInStore(left.source) ? inStore(await context.shared()) : undefined;
        return (store ?? files).reopen(left);
      },
    },
    async claim(key, work) {
      const locks = (await spaceOf(key))?.space ?? context.locks;
      return locks.with(claimOf(key), work, { wait: 0 });
    },
    isClaimed: async (key) => ((await spaceOf(key))?.space ?? context.locks).isHeld(claimOf(key)),
  };
}

const machineOf = ({ paths, host }: Parts): ThisMachine => ({ host, state: paths.state });

const claimOf = (key: KeyName): string => `rotation of ${refOf(key)}`;

/** Every journal, on this machine and in the store that machines share, the damaged too. */
export async function findJournals(context: Parts): Promise<readonly FoundJournal[]> {
  const shared = await context.shared();
  const inStore = shared ? await sharedJournals(shared, machineOf(context)).found() : [];
  return [...(await fileJournals(context.paths.journals).found()), ...inStore];
}

/** What was left that no machine works on. */
export const countLeftInStore = async (shared: Shared, context: Parts): Promise<Abandoned> =>
  count(
    await sharedJournals(shared, machineOf(context)).found(),
    async ({ progress }) => !(await shared.space.isHeld(claimOf(progress.planned))),
  );

const isInStore = ({ path }: LeftJournal): boolean => path.includes(`: ${FOLDER}/`);

interface ThisMachine {
  readonly host: string;
  /** Folder of what this machine alone remembers. */
  readonly state: string;
}

/**
 * A record is added only to what this machine wrote or read last, so a late one finds out that another went on. The
 * command of `--on-rotated` stays in a file of the machine that was given it: nothing in the store is ever run.
 */
function sharedJournals({ space, store }: Shared, { host, state }: ThisMachine): JournalPlace {
  const commandFile = (id: string) => join(state, 'on-rotated', `${id}.json`);

  const journal = (name: string, id: string, { text: first, version: at }: Omit<SharedDocument, 'name'>) => {
    let [text, version] = [first, at];
    const opened: RotationJournal = {
      id,
      async append(...records) {
        const longer =
          text + (await Promise.all(records.map((record) => withoutCommand(id, record)))).map(lineOf).join('');
        const next = await space.put(name, longer, version);
        if (next === undefined) throw goneOn();
        [text, version] = [longer, next];
      },
      async close() {
        if (!(await space.remove(name, version))) throw goneOn();
        await removeFile(commandFile(id));
      },
    };
    return opened;
  };

  async function withoutCommand(id: string, record: RotationRecord): Promise<RotationRecord> {
    if (record.step === 'planned' && record.onRotated !== null) {
      await keepCommand(id, record.onRotated, record.dir);
      return { ...record, onRotated: ELSEWHERE, dir: undefined };
    }
    if (record.step !== 'resumed' || !record.handing) return record;
    await keepCommand(id, record.handing.onRotated, record.handing.dir);
    return { ...record, handing: { host, onRotated: ELSEWHERE } };
  }

  const keepCommand = (id: string, command: string, dir: string | undefined): Promise<void> =>
    writeAtomic(commandFile(id), `${JSON.stringify({ command, dir })}\n`);

  async function begin(first: Planned): Promise<RotationJournal> {
    const id = newJournalId();
    const name = `${FOLDER}/${kindOf(first)}-${id}`;
    const text = lineOf(await withoutCommand(id, first));
    const version = await space.put(name, text, undefined);
    if (version === undefined) throw goneOn();
    return journal(name, id, { text, version });
  }

  async function readOne({ name, text }: SharedDocument): Promise<FoundJournal> {
    const id = name.split('-').at(-1) ?? name;
    const lines = text.split('\n').filter((line) => line !== '');
    const path = `${store}: ${name}`;
    const source = { kind: ROTATION, id, path, records: lines.map(parseLine) };
    const { readRecords } = await import('./schema.ts');
    const { records, fault: broken } = readRecords(source);
    const fault = broken && retell(broken, { hint: 'Mend that document in the store, or take it out there.' });
    const [first] = records;
    if (first?.step !== 'planned') return { left: undefined, fault };
    const progress = foldRecords(records);
    const planned = { ...progress.planned, ...(await commandOf(progress.planned, first, id)) };
    return { left: { id, progress: { ...progress, planned }, source }, fault };
  }

  /** From this machine's own file alone. What the journal says of a command only tells that a machine has one. */
  async function commandOf(planned: Planned, first: Planned, id: string): Promise<CommandOf> {
    const own = await ownCommand(commandFile(id));
    const replacedElsewhere = planned.host !== first.host && planned.host !== host;
    if (own && !replacedElsewhere) return { ...own, host };
    const dir = undefined;
    if (planned.onRotated === null) return { onRotated: null, host: planned.host, dir };
    return { onRotated: ELSEWHERE, host: planned.host === host ? 'another machine' : planned.host, dir };
  }

  async function found(key?: KeyName): Promise<readonly FoundJournal[]> {
    const prefix = `${FOLDER}/${key ? kindOf(key) : ROTATION}-`;
    const documents = (await space.list(FOLDER)).filter(({ name }) => name.startsWith(prefix));
    return Promise.all(documents.map(readOne));
  }

  return {
    begin,
    found,
    left: async (key) => leftAmong(await found(key), key),
    async reopen({ id, source }) {
      const name = source.path.slice(`${store}: `.length);
      const document = await space.get(name);
      if (document?.text.split('\n').length !== source.records.length + 1) throw goneOn();
      return journal(name, id, document);
    },
  };
}

const lineOf = (record: RotationRecord): string => `${JSON.stringify(record)}\n`;

type CommandOf = Pick<Planned, 'onRotated' | 'host' | 'dir'>;

async function ownCommand(path: string): Promise<Omit<CommandOf, 'host'> | undefined> {
  const text = await readText(path);
  const kept: unknown = text === undefined ? undefined : parseLine(text);
  const isKept = typeof kept === 'object' && kept !== null && 'command' in kept && typeof kept.command === 'string';
  if (!isKept) return undefined;
  const dir = 'dir' in kept && typeof kept.dir === 'string' ? kept.dir : undefined;
  return { onRotated: String(kept.command), dir };
}

const goneOn = (): UserError =>
  new UserError('conflict', 'Another machine went on with this rotation while this one stood still or was cut off.', {
    hint: 'mcpkey rotate --resume',
  });
