# The witness alone, as one file of JavaScript. Build: docker build -f docker/witness.Dockerfile -t amana-witness .
# How to run it: docs/guide/witness.md
FROM node:20-bookworm-slim AS build
WORKDIR /amana
COPY package.json package-lock.json .npmrc ./
COPY apps/cli/bin apps/cli/bin
RUN npm ci
COPY apps/witness apps/witness
COPY libs/domain libs/domain
RUN npx esbuild apps/witness/main.ts --bundle --platform=node --format=esm --target=node20 \
    --conditions=amana-source --legal-comments=none --log-level=warning --outfile=witness.mjs \
    --banner:js="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

FROM node:20-bookworm-slim
ENV NODE_ENV=production
COPY --from=build --chown=root:root /amana/witness.mjs /amana/witness.mjs
# Key, configuration and memory lie together, on one disk: whoever loses one loses all. Nothing else is written.
RUN install -d -o node -g node -m 0700 /witness
VOLUME /witness
WORKDIR /witness
USER node
EXPOSE 7450
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:7450/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/amana/witness.mjs"]
CMD ["/witness/witness.json"]
