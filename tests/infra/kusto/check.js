// usage: node check.js NODE_MODULES <INPUT
// INPUT: {"tables": {NAME: "(COLUMN:TYPE, ...)"}, "queries": [TEXT, ...]}. Prints a JSON list: for each
// query what Microsoft's own analysis has against it.
const path = require("node:path");

const service = path.join(process.argv[2], "@kusto/language-service-next");
require(path.join(service, "bridge.js"));
require(path.join(service, "Kusto.Language.Bridge.js"));
const kusto = globalThis.Kusto.Language;

function complaints(query, globals) {
  const found = kusto.KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, place) => found.getItem(place).Message);
}

const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const tables = Object.entries(input.tables).map(([name, columns]) =>
  kusto.Symbols.TableSymbol.From(columns).WithName(name),
);
const database = new kusto.Symbols.DatabaseSymbol.$ctor1("workspace", tables);
const globals = kusto.GlobalState.Default.WithDatabase(database);
console.log(JSON.stringify(input.queries.map((query) => complaints(query, globals))));
