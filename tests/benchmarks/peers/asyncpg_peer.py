"""The asyncpg peer: a pool and coroutines, prepared statements by its own cache."""
import asyncio
import time

import asyncpg

from common import TEXTS, Course, arguments, draw, rows_are_right


async def caller(pool, a, accounts, course):
    text = TEXTS[a.workload]
    while not course.stopping:
        aid = draw(a.workload, accounts)
        began = time.perf_counter()
        async with pool.acquire() as c:
            if a.workload == "update":
                right = await c.execute(text, 1, aid) == "UPDATE 1"
            else:
                right = rows_are_right(a.workload, await c.fetch(text, aid), aid)
        course.answered(began, right)


async def main():
    a, course = arguments(), Course()
    pool = await asyncpg.create_pool(a.dsn, min_size=a.connections, max_size=a.connections)
    accounts = await pool.fetchval("select max(aid) from pgbench_accounts")
    callers = [asyncio.create_task(caller(pool, a, accounts, course)) for _ in range(a.callers)]
    await asyncio.sleep(0.5)
    course.start()
    await asyncio.sleep(a.seconds)
    course.stop()
    await asyncio.gather(*callers)
    await pool.close()
    course.report("asyncpg", a)


asyncio.run(main())
