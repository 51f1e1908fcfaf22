import { useEffect, useState } from 'preact/hooks';
import { parseRoute, type Route, type RouteQuery, routeHash } from './router.ts';

/** The route shown now; follows links and the back button. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return parseRoute(hash);
}

/** Changes the filter of a route in place: shareable and kept by a reload, without filling the history. */
export function replaceQuery(route: Route, change: RouteQuery): void {
  const target = routeHash({ ...route, query: { ...route.query, ...change } });
  if (target === location.hash) return;
  history.replaceState(null, '', target);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
