/** Bundles into `out`/dist and returns the sizes in bytes of what was written, by file name. */
export function build(out?: string): Promise<Record<string, number>>;
