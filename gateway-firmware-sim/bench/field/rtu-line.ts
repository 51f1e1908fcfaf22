/** 9600 baud 8N1: ten bits a byte. */
export const BYTE_MS = (10 / 9_600) * 1_000;
export const TURN_AROUND_MS = 10;
export const REQUEST_BYTES = 8;

/** Time that a block of registers takes on the line: request, turn-around, answer; no pause between exchanges. */
export const exchangeMs = (registers: number): number =>
  REQUEST_BYTES * BYTE_MS + TURN_AROUND_MS + (5 + registers * 2) * BYTE_MS;
