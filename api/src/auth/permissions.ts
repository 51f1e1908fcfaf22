/**
 * What a route may ask of its caller; roles hold them in `platform.role_permission` (a test compares the two). The scope of
 * a request is that of the roles which grant the route's permission, so "reads all of Wujin, fills in for one school" is
 * two roles and no mixture.
 */
export const PERMISSIONS = [
  /** To be logged in; shows no business data. */
  'session',
  'data.read',
  'data.write',
  /** Files that leave the system; each leaves an audit row. */
  'data.export',
  /** To approve or return what others filled in. */
  'data.review',
  /** Gateways: approve, configure, command. */
  'fleet.manage',
  /** To take on, assign and close alarms. */
  'alarms.handle',
  /** Phone and identity numbers in full. */
  'personal.read',
  /** Totals over the institutions of one's scope, not one of them by itself. */
  'aggregate.read',
  'users.read',
  /** 系统管理员: users. */
  'users.manage',
  /** 安全管理员: roles, scopes, tokens, sessions of others. */
  'roles.manage',
  /** 审计管理员: the audit trail. */
  'audit.read',
] as const;

export type Permission = (typeof PERMISSIONS)[number];
