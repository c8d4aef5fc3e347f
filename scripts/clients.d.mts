/** The folder that holds the program of this client under its own name, for PATH. Installs it where it is not there. */
export function clientFolder(id: string): Promise<string>;
