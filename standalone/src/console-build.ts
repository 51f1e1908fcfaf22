import { buildConsole } from '@ganzhi/dashboards/console-build';

await buildConsole();
