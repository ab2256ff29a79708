// The node-postgres peer: its pool, named prepared statements.
import { createRequire } from "node:module";
import { argumentsOf, measure, rowsAreRight, texts } from "./common.mjs";

const pg = createRequire(process.cwd() + "/")("pg");
const a = argumentsOf(process.argv);
const pool = new pg.Pool({ connectionString: a.dsn, max: a.connections, min: a.connections });
const accounts = (await pool.query("select max(aid) as n from pgbench_accounts")).rows[0].n;
const query = { name: "q", text: texts[a.workload] };
await measure("node-postgres", a, accounts, async (aid) => {
  if (a.workload === "update") return (await pool.query({ ...query, values: [1, aid] })).rowCount === 1;
  return rowsAreRight(a.workload, (await pool.query({ ...query, values: [aid] })).rows, aid);
});
await pool.end();
