import { readEntries } from '../clients/formats/index.ts';
import { UserError } from '../errors.ts';
import { readRegular } from '../system/files.ts';
import { failure, ok } from './findings.ts';
import { eachPlacement } from './scope/placed.ts';
import { placeCommand, remedyOf } from './scope/words.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'placement.file',
  title: 'The files that mcpkey placed into',
  looksAt: 'Each file that a key was placed into: whether it is there, and parses as its client reads it.',
  error: 'The file is gone, or does not parse: the client starts none of its servers.',
  remedies: [
    'Mend it at the line and column that are named.',
    'If it is gone, place the key again; the command is printed.',
  ],
  looks: eachPlacement(async ({ owned: { ref, placement }, realPath, place }) => {
    try {
      const bytes = await readRegular(realPath);
      if (bytes === undefined) return failure(`${placement.path} is gone.`, placeCommand(ref, placement));
      await readEntries(bytes, place);
      return ok(`${placement.path} parses.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return failure(error.message, remedyOf(error) ?? `Mend ${placement.path} there.`);
    }
  }),
};
