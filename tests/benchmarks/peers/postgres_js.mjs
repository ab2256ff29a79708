// The postgres.js peer: its pool, which pipelines by itself, and its prepared statements.
import { createRequire } from "node:module";
import { argumentsOf, measure, rowsAreRight, texts } from "./common.mjs";

const postgres = createRequire(process.cwd() + "/")("postgres");
const a = argumentsOf(process.argv);
const sql = postgres(a.dsn, { max: a.connections, prepare: true });
const accounts = (await sql`select max(aid) as n from pgbench_accounts`)[0].n;
await measure("postgres.js", a, accounts, async (aid) => {
  if (a.workload === "update") return (await sql.unsafe(texts.update, [1, aid], { prepare: true })).count === 1;
  return rowsAreRight(a.workload, await sql.unsafe(texts[a.workload], [aid], { prepare: true }), aid);
});
await sql.end();
