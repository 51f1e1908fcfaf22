/** The same tests on TimescaleDB: what stands above the ledger may not hang on where the readings lie. */
process.env.GANZHI_TEST_FLAVOUR = 'timescale';
await import('../../src/energy/energy.test.ts');
