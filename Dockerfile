# Debian, not Alpine: some of what we need has no build for musl.
# Releases pin the image by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… (docker buildx imagetools inspect shows it).
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
# Earlier ones run code that a Brotli answer brings along (CVE-2026-111497).
RUN node -e "const [a, b, c] = process.versions.node.split('.').map(Number); if (a * 1e6 + b * 1e3 + c < 24022001) { console.error('Node ' + process.version + ' lacks security fixes: pull the image again, at least 24.22.1'); process.exit(1); }"
WORKDIR /app
ENV TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
# Reaps what is left of ended processes and passes signals on; the kernel gives process 1 neither.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY . .
# No package's own script runs: what needs one (the embedded PostgreSQL) is not part of the image.
RUN npm install --no-save --no-audit --no-fund --ignore-scripts && npm run build
# Once more with only what runs: no build tools, no editor sources, and no embedded PostgreSQL, because images get DATABASE_URL.
RUN find . -name node_modules -prune -exec rm -rf {} + \
  && npm install --no-save --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional -w @millrace/server -w @millrace/cli \
  && rm -rf packages/*/src packages/testing apps/*/src apps/editor/public tests bench docs plugin

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=build /usr/bin/tini-static /usr/local/bin/tini
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/packages ./packages
COPY --from=build /app/apps ./apps
COPY --from=build /app/prisma/migrations ./prisma/migrations
COPY --from=build /app/scripts/serve.mjs /app/scripts/node-version.mjs ./scripts/
# A number, so that an orchestrator can see that it is not root. Nothing in /app belongs to it.
USER 1000:1000
EXPOSE 4400
STOPSIGNAL SIGTERM
# Whether the process lives; whether it can work is what /readyz says, and no reason to restart it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4400}/livez`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/local/bin/tini", "--"]
CMD ["node", "scripts/serve.mjs"]
