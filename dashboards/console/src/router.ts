/** Addresses inside the page: `#/institutions/12`, `#/city?search=...`. Pure; `use-route.ts` ties them to the browser. */
export type Route =
  | { view: 'city'; query: RouteQuery }
  | { view: 'institution'; id: number; query: RouteQuery }
  | { view: 'gateways'; query: RouteQuery }
  /** `id` in the query: the alarm that is shown. */
  | { view: 'alarms'; query: RouteQuery }
  /** `id` in the query: the import that is shown. */
  | { view: 'imports'; query: RouteQuery };

export type RouteQuery = Readonly<Record<string, string>>;

/** The route of a location hash; anything unknown is the city. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const query = Object.fromEntries(new URLSearchParams(search));
  const [head, tail] = path.split('/');
  if (head === 'gateways' || head === 'imports' || head === 'alarms') return { view: head, query };
  if (head === 'institutions' && tail !== undefined && /^\d{1,10}$/.test(tail)) {
    return { view: 'institution', id: Number(tail), query };
  }
  return { view: 'city', query };
}

/** The hash of a route; empty parameters are left out, so that a cleared filter leaves a clean address. */
export function routeHash(route: Route): string {
  const path = route.view === 'institution' ? `institutions/${route.id}` : route.view;
  const filled = Object.entries(route.query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(filled).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}
