"""Meters of another maker: a pymodbus server whose registers are written by pymodbus' own encoder.

Usage: pymodbus-server.py JSON, {"transport": "tcp" | "rtu-over-tcp" | "serial", "units": {"1": [register, ...]}} with
register = {"fc": 3 | 4, "address": 0, "type": "f32", "words": "ABCD", "value": 1.5}.
Prints the port, or the path of the far end of a pseudo-terminal, and serves until its standard input ends.
"""
import asyncio
import json
import logging
import os
import pty
import sys
import threading
import tty

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

ORDERS = {
    "ABCD": (Endian.Big, Endian.Big),
    "CDAB": (Endian.Big, Endian.Little),
    "BADC": (Endian.Little, Endian.Big),
    "DCBA": (Endian.Little, Endian.Little),
}
ADD = {
    "u16": "add_16bit_uint",
    "i16": "add_16bit_int",
    "u32": "add_32bit_uint",
    "i32": "add_32bit_int",
    "u64": "add_64bit_uint",
    "i64": "add_64bit_int",
    "f32": "add_32bit_float",
    "f64": "add_64bit_float",
}


def blocks_of(registers):
    blocks = {3: {}, 4: {}}
    for register in registers:
        byteorder, wordorder = ORDERS[register.get("words", "ABCD")]
        builder = BinaryPayloadBuilder(byteorder=byteorder, wordorder=wordorder)
        getattr(builder, ADD[register["type"]])(register["value"])
        for at, word in enumerate(builder.to_registers()):
            blocks[register["fc"]][register["address"] + at] = word
    return {fc: ModbusSparseDataBlock(filled(words)) for fc, words in blocks.items()}


def filled(words):
    """Real meters answer a block with zeros between the registers that have a meaning."""
    if not words:
        return {0: 0}
    return {address: words.get(address, 0) for address in range(min(words), max(words) + 1)}


def context_of(units):
    slaves = {}
    for unit, registers in units.items():
        blocks = blocks_of(registers)
        slaves[int(unit)] = ModbusSlaveContext(hr=blocks[3], ir=blocks[4], zero_mode=True)
    return ModbusServerContext(slaves=slaves, single=False)


def null_modem():
    """Two pseudo-terminals whose masters pass everything to each other; returns the names of their far ends."""
    masters, names = [], []
    for _ in range(2):
        master, slave = pty.openpty()
        tty.setraw(master)
        tty.setraw(slave)
        masters.append(master)
        names.append(os.ttyname(slave))

    def carry(source, target):
        while True:
            os.write(target, os.read(source, 4096))

    for source, target in (masters, masters[::-1]):
        threading.Thread(target=carry, args=(source, target), daemon=True).start()
    return names


async def main():
    logging.disable(logging.CRITICAL)  # a client that leaves is no error
    options = json.loads(sys.argv[1])
    context = context_of(options["units"])
    if options["transport"] == "serial":
        ours, theirs = null_modem()
        server = ModbusSerialServer(context, port=ours, baudrate=9600, ignore_missing_slaves=True)
        await server.start()
        print(theirs, flush=True)
    else:
        framer = ModbusRtuFramer if options["transport"] == "rtu-over-tcp" else ModbusSocketFramer
        server = ModbusTcpServer(context, framer=framer, address=("127.0.0.1", 0), ignore_missing_slaves=True)
        serving = asyncio.ensure_future(server.serve_forever())
        await asyncio.wait([server.serving, serving], return_when=asyncio.FIRST_COMPLETED)
        print(server.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
