/** What holds of every edit of every format, over texts that nobody thought of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutEntry, type EntryPlace, putEntry, readEntries } from '../../../src/clients/formats/index.ts';

/** A file, and two entries that are put into it. */
export interface Case {
  readonly text: string;
  readonly place: EntryPlace;
  readonly entry: unknown;
  readonly other: unknown;
}

const RUNS = 500;
/** `FORMAT_RUNS=1000000` for a long run: cases in all of one law. */
const runs = { numRuns: Number(process.env.FORMAT_RUNS ?? RUNS) };

/** Texts in which the way to the servers is blocked (a text where a table must be) are not the laws' subject. */
async function isReadable({ text, place }: Case): Promise<boolean> {
  try {
    const entries = await readEntries(Buffer.from(text), place);
    return !Object.hasOwn(entries, 'ours') && !Object.hasOwn(entries, 'second');
  } catch {
    return false;
  }
}

const isList = ({ place }: Case) => place.named !== undefined;
/** An item of a list says its own name. */
const named = (given: Case, name: string, entry: unknown): unknown =>
  isList(given) ? { [given.place.named ?? '']: name, ...Object(entry) } : entry;

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
        expect((await cutEntry(put.bytes, place, 'ours', put.made)).toString()).toBe(bytes.toString());
      }),
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
    );
  });
}
