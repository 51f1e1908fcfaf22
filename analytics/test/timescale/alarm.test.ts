/** The same tests on TimescaleDB: what is an alarm may not hang on where hours and readings lie. */
process.env.GANZHI_TEST_FLAVOUR = 'timescale';
await import('../../src/alarm/apply.test.ts');
