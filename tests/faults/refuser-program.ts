import { createServer } from "node:http";

/** The least that a server can do: it reads a request and refuses it. Tells the port that it got. */
export async function main(): Promise<void> {
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(503, { "retry-after": "1", "content-length": "0" }).end());
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address) process.send?.({ port: address.port });
  });
  process.once("disconnect", () => process.exit(0));
}
