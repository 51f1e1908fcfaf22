/**
 * Grafana's macros and variables, expanded as its PostgreSQL plugin does, so that a panel's SQL runs in a test. Whatever
 * is not known here is an error: a typing mistake must not pass as text.
 */
export interface Viewpoint {
  /** The chosen time, epoch milliseconds. */
  from: number;
  to: number;
  /** Chosen values by variable. */
  variables: Readonly<Record<string, readonly string[]>>;
}

export function expandMacros(sql: string, { from, to, variables }: Viewpoint): string {
  const instant = (t: number) => quoted(new Date(t).toISOString());
  const expanded = sql
    .replace(
      /\$__timeFilter\(([^()]+)\)/g,
      (_, column: string) => `${column} BETWEEN ${instant(from)} AND ${instant(to)}`,
    )
    .replaceAll('$__timeFrom()', instant(from))
    .replaceAll('$__timeTo()', instant(to))
    .replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => {
      const values = variables[name];
      if (!values) throw new Error(`unknown variable ${name}`);
      return values.map(quoted).join(',');
    });
  const left = /\$(__\w+|\{[^}]*\}|\w+)/.exec(expanded);
  if (left) throw new Error(`unknown macro ${left[0]}`);
  return expanded;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
