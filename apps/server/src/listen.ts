import type { Server } from "node:http";

/**
 * Connections that the system takes on our behalf while we are busy; it caps this at net.core.somaxconn. Beyond it a sender's
 * connection attempt is dropped without a word and repeated after 1, 2 and 4 s, where it could have been told to come back.
 */
export const backlog = 4_096;

/** Another program has the port. */
export class PortTaken extends Error {
  constructor(host: string, port: number) {
    super(
      `Port ${port} on ${host} is taken by another program. Stop that one, or choose another port: PORT=${port + 1} npm start`,
    );
    this.name = "PortTaken";
  }
}

/** Resolves with the port that was taken, which is the given one unless that is 0. Throws PortTaken. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new PortTaken(host, port) : error);
    });
    server.listen({ port, host, backlog }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
