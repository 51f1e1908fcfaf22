import { type Config, GanzhiError } from '@ganzhi/schemas';
import { allowedUrl, hostList } from '../../lib/outbound.ts';
import type { FeedOptions } from './feed.ts';

export const FEED_SETTINGS = [
  'GANZHI_TEMPERATURE_FEED',
  'GANZHI_TEMPERATURE_HOSTS',
  'GANZHI_TEMPERATURE_TOKEN',
  'GANZHI_TEMPERATURE_STATION',
] as const;

/**
 * @returns undefined when no weather service is configured
 * @throws GanzhiError `config-invalid` when it is on a host that is not allowed
 */
export function feedSettings(config: Config<(typeof FEED_SETTINGS)[number]>): FeedOptions | undefined {
  const { GANZHI_TEMPERATURE_FEED: url, GANZHI_TEMPERATURE_TOKEN: token, GANZHI_TEMPERATURE_STATION: station } = config;
  if (url === undefined) return undefined;
  const hosts = hostList(config.GANZHI_TEMPERATURE_HOSTS);
  try {
    allowedUrl(url, hosts, 'GANZHI_TEMPERATURE_HOSTS');
  } catch (cause) {
    throw new GanzhiError(
      'config-invalid',
      'GANZHI_TEMPERATURE_FEED: its host (with the port, if it names one) must stand in GANZHI_TEMPERATURE_HOSTS.',
      { cause },
    );
  }
  return { url, hosts, station, ...(token === undefined ? {} : { token }) };
}
