import { expect, test } from 'vitest';
import { parseRoute, routeHash } from './router.ts';

test.each([
  ['', { view: 'city', query: {} }],
  ['#/city?search=%E5%8C%BB%E9%99%A2&metered=true', { view: 'city', query: { search: '医院', metered: 'true' } }],
  ['#/institutions/12', { view: 'institution', id: 12, query: {} }],
  ['#/imports?id=7', { view: 'imports', query: { id: '7' } }],
  ['#/alarms?kind=leak&id=3', { view: 'alarms', query: { kind: 'leak', id: '3' } }],
  ['#/gateways?online=false', { view: 'gateways', query: { online: 'false' } }],
])('%s', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(parseRoute(routeHash(parseRoute(hash)))).toEqual(route);
});

test.each(['#/institutions/', '#/institutions/x', '#/institutions/1e3', '#/nowhere/at/all', '#?search=%'])(
  'an address that leads nowhere shows the city: %s',
  (hash) => {
    expect(parseRoute(hash).view).toBe('city');
  },
);

test('a cleared filter leaves a clean address', () => {
  expect(routeHash({ view: 'city', query: { search: '', division: '320402' } })).toBe('#/city?division=320402');
});
