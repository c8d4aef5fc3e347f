/** The history in a shared store: lines as in the file of one machine, some dozens in a document, chained over all. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { type Author, chainEntry, firstUnfit, type History, readEntries } from '../ledger/history.ts';
import type { SharedDocument, SharedSpace } from '../stores/types.ts';

const FOLDER = 'log';
/** Where the latest document was seen; a hint, since it may be older than that. */
const LATEST = 'log-latest';
/** Each line that is added writes its document anew. */
const LINES = 50;
const TRIES = 200;
const PAUSE = 20;

const nameOf = (number: number): string => `${FOLDER}/${String(number).padStart(8, '0')}`;
const linesOf = (text: string | undefined): readonly string[] => (text ?? '').split('\n').filter((line) => line !== '');

export function createSharedHistory(space: SharedSpace, author: Author, where: string): History {
  let known: number | undefined;
  /** One after another in this process, so that they do not outrun each other. */
  let last: Promise<unknown> = Promise.resolve();

  /** The last document that holds lines; the one behind it is not there yet. */
  async function latest(): Promise<{ number: number; document: SharedDocument | undefined }> {
    known ??= Number((await space.get(LATEST))?.text ?? 1) || 1;
    for (let number = known; ; number += 1) {
      const document = await space.get(nameOf(number));
      known = number;
      if (!document || linesOf(document.text).length < LINES) return { number, document };
      if (!(await space.get(nameOf(number + 1)))) return { number, document };
    }
  }

  async function append(line: (before: string | undefined) => string): Promise<boolean> {
    const { number, document } = await latest();
    const lines = linesOf(document?.text);
    const added = line(lines.at(-1));
    if (lines.length < LINES) {
      return (await space.put(nameOf(number), `${[...lines, added].join('\n')}\n`, document?.version)) !== undefined;
    }
    if ((await space.put(nameOf(number + 1), `${added}\n`, undefined)) === undefined) return false;
    await space.put(LATEST, String(number + 1), (await space.get(LATEST))?.version);
    return true;
  }

  async function all(): Promise<readonly string[]> {
    return (await space.list(FOLDER)).flatMap(({ text }) => linesOf(text));
  }

  return {
    record(entry) {
      const recorded = last
        .catch(() => undefined)
        .then(async () => {
          for (let tries = 0; tries < TRIES; tries += 1) {
            let chained = chainEntry(undefined, entry, author);
            const line = (before: string | undefined) => {
              chained = chainEntry(before, { ...entry, id: chained.id, at: chained.at }, author);
              return JSON.stringify(chained);
            };
            if (await append(line)) return chained;
            await sleep(Math.random() * PAUSE);
          }
          throw new UserError('conflict', 'The history is written by others all the time.', { hint: 'Try again.' });
        });
      last = recorded;
      return recorded;
    },
    history: async () => readEntries(await all(), where),
    verifyHistory: async () => firstUnfit(await all()),
  };
}
