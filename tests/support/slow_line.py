"""A line that takes its time: `python3 -m tests.support.slow_line PORT TO SECONDS` listens on a port
of this host and passes on what comes, in both directions, SECONDS later, as fast as it came."""
import asyncio
import sys


async def pass_on(reader, writer, seconds):
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue()

    async def deliver():
        while True:
            due, data = await arrived.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
        writer.close()

    delivery = asyncio.create_task(deliver())
    while True:
        data = await reader.read(1 << 16)
        arrived.put_nowait((loop.time() + seconds, data))
        if not data:
            return await delivery


async def serve(port, to, seconds):
    async def connected(reader, writer):
        there = await asyncio.open_connection('127.0.0.1', to)
        await asyncio.gather(pass_on(reader, there[1], seconds), pass_on(there[0], writer, seconds),
                             return_exceptions=True)

    async with await asyncio.start_server(connected, '127.0.0.1', port) as server:
        await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
