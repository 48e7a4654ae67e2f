// usage: node server.js [PORT]
// Serves the Cosmos DB emulator on 127.0.0.1 until its standard input ends, so that it cannot
// outlive the process that started it. Prints "ready PORT" when it can be asked; PORT 0 is any.
"use strict";

const { createHttpServer } = require("@vercel/cosmosdb-server");

const server = createHttpServer({ keepAlive: true });
server.keepAliveTimeout = 60_000; // as Azure, longer than clients keep a connection

// The emulator answers 500 where a document is missing, save when this header is there.
server.prependListener("request", (request) => {
  if (request.method === "GET") {
    request.headers["x-ms-documentdb-query-enablecrosspartition"] = "true";
  }
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(`ready ${server.address().port}`);
});

process.stdin.on("close", () => process.exit(0));
process.stdin.resume();
