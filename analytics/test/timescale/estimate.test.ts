/** The same tests on TimescaleDB: an estimate may not hang on where hours and readings lie. */
process.env.GANZHI_TEST_FLAVOUR = 'timescale';
await import('../../src/vee/estimate.test.ts');
