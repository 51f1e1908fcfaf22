import type { Answer, ApiClient, Query } from './client.ts';
import type {
  AlarmDetail,
  AlarmKind,
  AlarmSummary,
  CitySummary,
  CodeName,
  Consumption,
  Enrolment,
  GatewayItem,
  ImportChange,
  ImportError,
  ImportKind,
  Institution,
  InstitutionItem,
  LogInMethods,
  MeterItem,
  OpenPage,
  Page,
  RegistryImport,
  Replay,
  Rollout,
  Session,
} from './types.ts';

type Read<T> = Promise<Answer<T>>;

/** Every call this page makes, by name. */
export interface Api {
  /** The server's time now, epoch ms. */
  now(): number;
  session(): Read<Session>;
  /** @param code of the second factor, where the account has one */
  logIn(login: string, password: string, code?: string): Promise<Session>;
  logInMethods(): Read<LogInMethods>;
  /** The code of the second factor, after the log-in of the organisation. */
  completeLogIn(code: string): Promise<Session>;
  logOut(): Promise<void>;
  city(signal: AbortSignal): Read<CitySummary>;
  divisions(): Read<{ items: CodeName[] }>;
  institutionTypes(): Read<{ items: CodeName[] }>;
  institutions(query: Query, signal: AbortSignal): Read<Page<InstitutionItem>>;
  institution(id: number, signal: AbortSignal): Read<Institution>;
  meters(id: number, signal: AbortSignal): Read<{ items: MeterItem[] }>;
  consumption(id: number, query: Query, signal: AbortSignal): Read<Consumption>;
  gateways(query: Query, signal: AbortSignal): Read<Page<GatewayItem>>;
  enrolments(query: Query, signal: AbortSignal): Read<{ items: Enrolment[] }>;
  /** @param device code of the gateway it shall be, its institution, and the fingerprint as the device shows it */
  approveEnrolment(
    id: string,
    device: { gatewayCode: string; institutionId: number; fingerprint: string },
  ): Promise<Enrolment>;
  refuseEnrolment(id: string, reason: string): Promise<Enrolment>;
  alarms(query: Query, signal: AbortSignal): Read<OpenPage<AlarmSummary>>;
  alarm(id: number, signal: AbortSignal): Read<AlarmDetail>;
  alarmKinds(): Read<{ items: AlarmKind[] }>;
  alarmStep(
    step: 'acknowledgement' | 'assignment' | 'resolution',
    of: { id: number; version: number },
    content: { note?: string; assignee?: string },
  ): Promise<AlarmDetail>;
  rollouts(query: Query, signal: AbortSignal): Read<{ items: Rollout[] }>;
  replays(query: Query, signal: AbortSignal): Read<{ items: Replay[] }>;
  imports(signal: AbortSignal): Read<OpenPage<RegistryImport>>;
  registryImport(id: number, signal: AbortSignal): Read<RegistryImport>;
  importChanges(id: number, query: Query, signal: AbortSignal): Read<OpenPage<ImportChange>>;
  importErrors(id: number, query: Query, signal: AbortSignal): Read<OpenPage<ImportError>>;
  /** @param kind what a CSV holds */
  uploadImport(file: File, kind: ImportKind): Promise<RegistryImport>;
  importStep(step: 'check' | 'commit' | 'undo', of: { id: number; version: number }): Promise<RegistryImport>;
  /** Addresses of the empty template and of the registry as a file. */
  registryFileUrl(what: 'registry-import-templates' | 'registry-exports', lang: 'zh' | 'en'): string;
  /** Address of the quota compliance file, for a download link. */
  complianceUrl(year: number, format: 'xlsx' | 'csv'): string;
}

export function createApi(client: ApiClient): Api {
  return {
    now: () => client.now(),
    session: async () => {
      const answer = await client.get<Session>('sessions/current');
      client.useCsrfToken(answer.body.csrfToken);
      return answer;
    },
    logIn: async (login, password, code) => {
      const session = await client.post<Session>('sessions', { login, password, ...(code ? { code } : {}) });
      client.useCsrfToken(session.csrfToken);
      return session;
    },
    logInMethods: () => client.get('log-in-methods'),
    completeLogIn: async (code) => {
      const session = await client.post<Session>('oidc/code', { code });
      client.useCsrfToken(session.csrfToken);
      return session;
    },
    logOut: async () => {
      await client.delete('sessions/current');
      client.forget();
    },
    city: (signal) => client.get('city', {}, signal),
    divisions: () => client.get('divisions'),
    institutionTypes: () => client.get('institution-types'),
    institutions: (query, signal) => client.get('institutions', query, signal),
    institution: (id, signal) => client.get(`institutions/${id}`, {}, signal),
    meters: (id, signal) => client.get(`institutions/${id}/meters`, {}, signal),
    consumption: (id, query, signal) => client.get(`institutions/${id}/consumption`, query, signal),
    gateways: (query, signal) => client.get('gateways', query, signal),
    enrolments: (query, signal) => client.get('gateway-enrolments', query, signal),
    approveEnrolment: (id, device) => client.post(`gateway-enrolments/${id}/approval`, device),
    refuseEnrolment: (id, reason) => client.post(`gateway-enrolments/${id}/refusal`, { reason }),
    alarms: (query, signal) => client.get('alarms', query, signal),
    alarm: (id, signal) => client.get(`alarms/${id}`, {}, signal),
    alarmKinds: () => client.get('alarm-kinds'),
    alarmStep: (step, { id, version }, content) => client.step(`alarms/${id}/${step}`, version, content),
    rollouts: (query, signal) => client.get('firmware-rollouts', query, signal),
    replays: (query, signal) => client.get('gateway-replays', query, signal),
    imports: (signal) => client.get('registry-imports', { limit: 20 }, signal),
    registryImport: (id, signal) => client.get(`registry-imports/${id}`, {}, signal),
    importChanges: (id, query, signal) => client.get(`registry-imports/${id}/changes`, query, signal),
    importErrors: (id, query, signal) => client.get(`registry-imports/${id}/errors`, query, signal),
    uploadImport: (file, kind) => client.upload('registry-imports', { fileName: file.name, kind }, file),
    importStep: (step, { id, version }) => client.step(`registry-imports/${id}/${step}`, version),
    registryFileUrl: (what, lang) => client.url(what, { lang }),
    complianceUrl: (year, format) => client.url('exports/quota-compliance', { year, format }),
  };
}
