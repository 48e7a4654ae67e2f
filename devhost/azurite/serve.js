// usage: node serve.js azurite|queue/main [Azurite's own arguments]
// Runs Azurite until its standard input ends, so that it cannot outlive the process that started
// it, however that one ended.
"use strict";

const GRACE = 5_000; // milliseconds to write the data down

process.stdin.on("close", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(0), GRACE).unref();
});
process.stdin.resume();

const [program] = process.argv.splice(2, 1);
require(`azurite/dist/src/${program}`);
