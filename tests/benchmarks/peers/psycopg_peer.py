"""The psycopg 3 peer: its asynchronous pool and coroutines; statements are prepared at once."""
import asyncio
import re
import time

import psycopg_pool

from common import TEXTS, Course, arguments, draw, rows_are_right


async def caller(pool, a, accounts, course):
    text = re.sub(r"\$\d", "%s", TEXTS[a.workload])
    while not course.stopping:
        aid = draw(a.workload, accounts)
        began = time.perf_counter()
        async with pool.connection() as c:
            if a.workload == "update":
                right = (await c.execute(text, (1, aid), prepare=True)).rowcount == 1
            else:
                cursor = await c.execute(text, (aid,), prepare=True, binary=True)
                right = rows_are_right(a.workload, await cursor.fetchall(), aid)
        course.answered(began, right)


async def main():
    a, course = arguments(), Course()
    pool = psycopg_pool.AsyncConnectionPool(a.dsn, min_size=a.connections, max_size=a.connections, open=False,
                                            kwargs={"autocommit": True}, timeout=60)
    await pool.open(wait=True)
    async with pool.connection() as c:
        accounts = (await (await c.execute("select max(aid) from pgbench_accounts")).fetchone())[0]
    callers = [asyncio.create_task(caller(pool, a, accounts, course)) for _ in range(a.callers)]
    await asyncio.sleep(0.5)
    course.start()
    await asyncio.sleep(a.seconds)
    course.stop()
    await asyncio.gather(*callers)
    await pool.close()
    course.report("psycopg", a)


asyncio.run(main())
