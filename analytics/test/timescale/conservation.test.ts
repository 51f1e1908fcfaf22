/** The same tests on TimescaleDB: what the ledger says may not hang on where the readings lie. */
process.env.GANZHI_TEST_FLAVOUR = 'timescale';
await import('../../src/check/conservation.test.ts');
