# One image for all our services; the command says which (migrate, ingest, analytics, api).
# 1. Packages of the lockfile, once with and once without what only building needs. Install scripts stay off.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
ENV npm_config_update_notifier=false
COPY package.json package-lock.json .npmrc ./
COPY schemas/package.json schemas/
COPY gateway-firmware-sim/package.json gateway-firmware-sim/
COPY ingest/package.json ingest/
COPY analytics/package.json analytics/
COPY api/package.json api/
COPY dashboards/package.json dashboards/
COPY standalone/package.json standalone/

# Optional packages are the bundled Node, the embedded database and the bundler's native part.
FROM packages AS runtime-packages
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# 2. The built-in page.
FROM packages AS page
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN node standalone/src/console-build.ts

# 3. What runs: sources (Node strips the types), packages, page; owned by root, run by node.
FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=runtime-packages /app/ ./
COPY . .
COPY --from=page /app/dashboards/console/dist dashboards/console/dist
USER node
EXPOSE 8080 1883
ENTRYPOINT ["node", "standalone/bin/ganzhi.mjs"]
CMD ["--help"]
