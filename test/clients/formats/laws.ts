/** What holds of every edit of every format, over texts that nobody thought of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fits } from '../../../src/clients/formats/checked.ts';
import { isSame, withoutEmpty, withoutEntry } from '../../../src/clients/formats/data.ts';
import { openText } from '../../../src/clients/formats/edit.ts';
import { cutEntry, type EntryPlace, loadFormat, putEntry, readEntries } from '../../../src/clients/formats/index.ts';
import { replaceInEntry } from '../../../src/clients/formats/replace.ts';
import { decode } from '../../../src/clients/formats/text.ts';
import { UserError } from '../../../src/errors.ts';

/** A file, and two entries that are put into it. */
export interface Case {
  readonly text: string;
  readonly place: EntryPlace;
  readonly entry: unknown;
  readonly other: unknown;
}

/** Of each law. `npm run properties` sets more. */
const RUNS = 220;
const { FORMAT_RUNS: wanted, FORMAT_SEED: seed } = process.env;
const runs = {
  numRuns: wanted === undefined ? RUNS : Number(wanted),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};
/** In ms: they wait for nothing, and a busy machine is slow. */
const patience = wanted === undefined ? 120_000 : 24 * 3_600_000;

/** Texts in which the way to the servers is blocked (a text where a table must be) are not the laws' subject. */
async function isReadable({ text, place }: Case): Promise<boolean> {
  try {
    const bytes = Buffer.from(text);
    const entries = await readEntries(bytes, place);
    // Aliases that point nowhere show when all of them are followed.
    await othersIn(bytes, place);
    return !Object.hasOwn(entries, 'ours') && !Object.hasOwn(entries, 'second');
  } catch {
    return false;
  }
}

/** A name stands twice; an anchor may be in use elsewhere; a text in block form would get more of the blanks below it. */
const isRefusable = (text: string, { message }: UserError) =>
  message.includes('stands here a second time') || /[&*|]/.test(text) || (text.includes('>') && /^ +$/m.test(text));

const isList = ({ place }: Case) => place.named !== undefined;
/** An item of a list says its own name. */
const named = (given: Case, name: string, entry: unknown): unknown =>
  isList(given) ? { [given.place.named ?? '']: name, ...Object(entry) } : entry;

/** All that stands in the file besides the entry. */
async function othersIn(bytes: Buffer, place: EntryPlace): Promise<unknown> {
  const { data } = (await loadFormat(place.format)).parse(decode(bytes, place.path).text, place.path);
  return withoutEmpty(withoutEntry(data, place, 'ours') ?? {}, place.servers);
}

/** A fault as an editor could make it: a character that is missing, doubled, or another one. */
const faults = fc.tuple(
  fc.nat(),
  fc.constantFrom('', ' ', '\n', ',', '"', '#', ':', '}', ']', '{', '=', '- a', '\n[x]\n', '*/'),
);

export function describeLaws(cases: fc.Arbitrary<Case>, title = 'a table'): void {
  const law = (holds: (given: Case) => Promise<void>) => async () => {
    const property = fc.asyncProperty(cases, async (given) => {
      fc.pre(await isReadable(given));
      await holds(given);
    });
    await fc.assert(property, runs);
  };

  describe(`${title} of entries`, () => {
    test(
      'what was put and cut again leaves the very bytes',
      law(async (given) => {
        const { place } = given;
        const bytes = Buffer.from(given.text);
        const ours = named(given, 'ours', given.entry);
        const put = await putEntry(bytes, place, 'ours', ours);
        expect((await readEntries(put.bytes, place)).ours).toEqual(ours);
        expect(isSame(await othersIn(put.bytes, place), await othersIn(bytes, place))).toBe(true);
        expect((await cutEntry(put.bytes, place, 'ours', put.made)).toString()).toBe(bytes.toString());
      }),
      patience,
    );

    test(
      'put again changes nothing, and a value replaced and put back neither',
      law(async (given) => {
        const { place } = given;
        const bytes = Buffer.from(given.text);
        const ours = named(given, 'ours', given.entry);
        const put = await putEntry(bytes, place, 'ours', ours);
        expect((await putEntry(put.bytes, place, 'ours', ours)).bytes.toString()).toBe(put.bytes.toString());
        const changed = await putEntry(put.bytes, place, 'ours', named(given, 'ours', given.other));
        const back = await putEntry(changed.bytes, place, 'ours', ours);
        expect(back.bytes.toString()).toBe(put.bytes.toString());
        expect((await cutEntry(changed.bytes, place, 'ours', put.made)).toString()).toBe(bytes.toString());
      }),
      patience,
    );

    test(
      'one text of an entry becomes another as if it had been put so',
      law(async (given) => {
        const { place } = given;
        const bytes = Buffer.from(given.text);
        const withToken = (token: string) =>
          putEntry(bytes, place, 'ours', named(given, 'ours', { ...Object(given.entry), token }));
        const { bytes: old } = await withToken('made-up-1');
        for (const after of ['made-up/2', 'made: "up" #3']) {
          const replaced = await replaceInEntry(old, place, 'ours', { before: 'made-up-1', after });
          expect(replaced?.toString()).toBe((await withToken(after)).bytes.toString());
        }
      }),
      patience,
    );

    test(
      'an entry of someone else is replaced, and cut, and the others stay',
      law(async (given) => {
        const { place } = given;
        const bytes = Buffer.from(given.text);
        const before = await readEntries(bytes, place);
        for (const name of Object.keys(before)) {
          const { [name]: _, ...others } = before;
          const value = named(given, name, given.other);
          try {
            const put = await putEntry(bytes, place, name, value);
            expect(await readEntries(put.bytes, place)).toEqual({ ...others, [name]: value });
            const cut = await cutEntry(bytes, place, name, { tables: [] });
            expect(await readEntries(cut, place)).toEqual(others);
          } catch (error) {
            if (!(error instanceof UserError) || !isRefusable(given.text, error)) throw error;
          }
        }
      }),
      patience,
    );

    test(
      'what is checked in short is checked as a whole',
      async () => {
        const property = fc.asyncProperty(cases, faults, async (given, [where, by]) => {
          fc.pre(await isReadable(given));
          const { place } = given;
          const { text } = decode(Buffer.from(given.text), place.path);
          const open = openText(text, { format: await loadFormat(place.format), path: place.path });
          const wish = { at: place, name: 'ours', value: named(given, 'ours', given.entry) };
          const { splices } = open.config.put(place, 'ours', wish.value);
          const beside = open.config.shorten?.(place, splices) ?? [];
          // What an alias stands for may have been left out; then the whole is looked at.
          expect(fits(open, splices, wish, beside) || (text.includes('*base') && fits(open, splices, wish))).toBe(true);
          const broken = splices.map((splice, index) => {
            if (index !== where % splices.length) return splice;
            const at = where % (splice.text.length + 1);
            return { ...splice, text: splice.text.slice(0, at) + by + splice.text.slice(at + 1) };
          });
          if (fits(open, broken, wish, beside)) expect(fits(open, broken, wish)).toBe(true);
        });
        await fc.assert(property, runs);
      },
      patience,
    );

    test(
      'two entries go in any order, and leave the others as they are',
      law(async (given) => {
        const { place } = given;
        const bytes = Buffer.from(given.text);
        const before = await readEntries(bytes, place);
        const first = await putEntry(bytes, place, 'ours', named(given, 'ours', given.entry));
        const second = await putEntry(first.bytes, place, 'second', named(given, 'second', given.other));
        const { ours, second: put, ...rest } = await readEntries(second.bytes, place);
        expect([ours, put]).toEqual([named(given, 'ours', given.entry), named(given, 'second', given.other)]);
        expect(rest).toEqual(before);
        for (const [one, other] of [
          ['ours', 'second'],
          ['second', 'ours'],
        ] as const) {
          const half = await cutEntry(second.bytes, place, one, first.made);
          expect((await cutEntry(half, place, other, first.made)).toString()).toBe(bytes.toString());
        }
      }),
      patience,
    );
  });
}
