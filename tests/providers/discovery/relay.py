"""A forwarding process, as ssh -L or socat is one: `relay.py PORT` prints its own port and relays."""

import asyncio
import sys


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main() -> None:
    """Relay every connection to the port given."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  # how the test learns the port
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
