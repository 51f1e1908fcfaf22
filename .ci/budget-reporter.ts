import type { Reporter, TestModule } from 'vitest/node';

/**
 * Time budget of each suite (a top-level folder), seconds of work on 2 cores. Printed at the end of every run; a suite over
 * its budget is named, never failed: a busy machine must not turn a green change red.
 */
const BUDGET_S: Readonly<Record<string, number>> = {
  schemas: 60,
  'gateway-firmware-sim': 120,
  ingest: 120,
  analytics: 90,
  api: 90,
  dashboards: 45,
  standalone: 360,
};

export default class BudgetReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const spentMs = new Map<string, number>();
    let passed = 0;
    let failed = 0;
    let skipped = 0;
    for (const module of modules) {
      const suite = module.relativeModuleId.split('/')[0] ?? '';
      const { duration, setupDuration, collectDuration } = module.diagnostic();
      spentMs.set(suite, (spentMs.get(suite) ?? 0) + duration + setupDuration + collectDuration);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'skipped') skipped += 1;
        else failed += 1;
      }
      if (module.state() === 'failed' && module.errors().length > 0) failed += 1;
    }
    const rows = [...spentMs].map(([suite, ms]) => {
      const budget = BUDGET_S[suite] ?? 0;
      const spent = ms / 1000;
      return `${suite.padEnd(22)} ${spent.toFixed(1).padStart(7)} s of ${String(budget).padStart(4)} s${spent > budget ? '   OVER BUDGET' : ''}`;
    });
    process.stdout.write(
      `\nTime per suite\n${rows.sort().join('\n')}\n\n${passed} passed, ${failed} failed, ${skipped} skipped\n`,
    );
  }
}
