export { type AppOptions, buildApp } from './app.ts';
export { sealAudit } from './audit/seal.ts';
export { type AuditVerdict, verifyAudit } from './audit/verify.ts';
export { type Credentials, ensureAdministrator, resetPassword } from './auth/administrator.ts';
export { OIDC_SETTINGS, type OidcSettings, oidcSettings } from './auth/oidc-settings.ts';
export { createUser, grantByOperator, tokenForLogin, tokenRevoked } from './auth/operator.ts';
export { hostList } from './lib/outbound.ts';
export { tellAlarms } from './modules/alarms/tell-alarms.ts';
export { type ComplianceOptions, exportQuotaCompliance } from './modules/exports/quota-compliance.ts';
export { tellDifferences } from './modules/ledger-evidence/tell-differences.ts';
export {
  exportRegistryFile,
  type ImportReport,
  importRegistryFile,
  undoRegistryImport,
} from './modules/registry-imports/operator.ts';
export { FEED_SETTINGS, feedSettings } from './modules/temperatures/feed-settings.ts';
export { addRuns, type DryRunRequest, MOST_METERS, runOver } from './modules/vee/dry-run.ts';
export { metersToJudge } from './modules/vee/sql.ts';
export { type ApiOptions, type ApiService, startApi } from './server.ts';
