import { isSystemError, UserError } from '../errors.ts';

/** A disk or rights problem as a `conflict` that names the path; every other error as it is. */
export function fileError(error: unknown, path: string, doing: 'read' | 'write' | 'make' | 'remove'): unknown {
  const reason = FILE_FAULTS.find(([codes]) => isSystemError(error, ...codes));
  if (!reason) return error;
  return new UserError('conflict', `Cannot ${doing} ${path}: ${reason[1]}.`, { hint: reason[2], cause: error });
}

const FILE_FAULTS: readonly (readonly [codes: readonly string[], means: string, hint: string])[] = [
  [['ENOSPC', 'EDQUOT'], 'the disk is full', 'Make room and run the command again. Nothing was changed.'],
  [['EROFS'], 'the disk is read-only', 'Make it writable, or set MCPKEY_HOME to a folder that is.'],
  [['EACCES', 'EPERM'], 'permission denied', 'Check who owns the file and its folder (ls -l), and their mode.'],
  [['EISDIR'], 'it is a folder', 'Move the folder out of the way.'],
  [['ENOTDIR', 'EEXIST'], 'a file stands where a folder must be', 'Move that file out of the way.'],
  [['ELOOP'], 'it is a link that leads back to itself', 'Remove the link, or let it lead to a file.'],
  [['ENAMETOOLONG'], 'the name is too long', 'Choose a shorter name or folder.'],
  [['EMFILE', 'ENFILE'], 'too many files are open', 'Raise the limit (ulimit -n), or close programs.'],
  [['EIO'], 'the disk reports an error', 'Check the disk.'],
];
