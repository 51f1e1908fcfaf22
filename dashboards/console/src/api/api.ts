import type { Answer, ApiClient, Query } from './client.ts';
import type {
  CitySummary,
  CodeName,
  Consumption,
  GatewayItem,
  Institution,
  InstitutionItem,
  MeterItem,
  Page,
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
  logOut(): Promise<void>;
  city(signal: AbortSignal): Read<CitySummary>;
  divisions(): Read<{ items: CodeName[] }>;
  institutionTypes(): Read<{ items: CodeName[] }>;
  institutions(query: Query, signal: AbortSignal): Read<Page<InstitutionItem>>;
  institution(id: number, signal: AbortSignal): Read<Institution>;
  meters(id: number, signal: AbortSignal): Read<{ items: MeterItem[] }>;
  consumption(id: number, query: Query, signal: AbortSignal): Read<Consumption>;
  gateways(query: Query, signal: AbortSignal): Read<Page<GatewayItem>>;
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
    complianceUrl: (year, format) => client.url('exports/quota-compliance', { year, format }),
  };
}
