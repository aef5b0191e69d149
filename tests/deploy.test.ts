import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { root } from "./millrace-process.ts";

// There is no container engine where these tests run: what can be known without one is checked here.

type Service = {
  image: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
  environment?: Record<string, string>;
  secrets?: string[];
  networks?: string[];
  ports?: string[];
  volumes?: string[];
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
  deploy?: { replicas: number };
  user?: string;
  command?: string[];
};
type Compose = {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, unknown>;
};
type Container = {
  env: { name: string; value: string }[];
  securityContext: { readOnlyRootFilesystem: boolean; allowPrivilegeEscalation: boolean; capabilities: object };
  livenessProbe: { httpGet: { path: string } };
  readinessProbe: { httpGet: { path: string } };
  resources: { limits: { memory: string } };
};
type Resource = {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    scaleTargetRef?: { name: string };
    template?: {
      metadata: { labels: Record<string, string> };
      spec: {
        containers: [Container];
        terminationGracePeriodSeconds: number;
        securityContext: { runAsNonRoot: boolean; runAsUser: number };
      };
    };
  };
};

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const compose = parse(read("docker-compose.yml"), { merge: true }) as Compose;
const kubernetes = join("deploy", "kubernetes");
const resources = readdirSync(join(root, kubernetes))
  .filter((name) => name !== "kustomization.yaml")
  .flatMap((name) => parseAllDocuments(read(join(kubernetes, name))).map((document) => document.toJS() as Resource));
const deployments = resources.flatMap(({ kind, metadata, spec }) =>
  kind === "Deployment" && spec?.template ? [{ name: metadata.name, template: spec.template }] : [],
);

const config = read("apps/server/src/config.ts") + read("apps/server/src/read-secret-files.ts");
const isKnown = (variable: string): boolean => config.includes(variable.replace(/_FILE$/, ""));

describe("docker-compose.yml", () => {
  const ours = Object.entries(compose.services).filter(([, { image }]) => image === "millrace:local");

  test("runs a server and workers that can write nowhere, have no rights, and get time to end", () => {
    expect(ours.map(([name]) => name)).toEqual(["server", "worker"]);
    for (const [, service] of ours) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        stop_grace_period: "60s",
      });
    }
  });

  test("lets no container write anywhere but into its volume, or do more than it needs", () => {
    for (const [, service] of Object.entries(compose.services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], mem_limit: expect.any(String) });
    }
  });

  test("names only variables that Millrace reads, and holds no secret", () => {
    for (const [, { environment = {} }] of ours)
      expect(Object.keys(environment).filter((key) => !isKnown(key))).toEqual([]);
    expect(read("docker-compose.yml")).not.toMatch(/postgres(ql)?:\/\/[^$\s]+:[^$\s]+@|k\d+:[A-Za-z0-9+/]{20}/);
  });

  test("uses secrets, networks and volumes that it declares, and publishes nothing but the server on loopback", () => {
    for (const { secrets = [], networks = [], volumes = [] } of Object.values(compose.services)) {
      expect(secrets.filter((name) => !(name in compose.secrets))).toEqual([]);
      expect(networks.filter((name) => !(name in compose.networks))).toEqual([]);
      expect(volumes.filter((mount) => !((mount.split(":")[0] ?? "") in compose.volumes))).toEqual([]);
    }
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name)).toEqual(["server"]);
    expect(compose.services.server?.ports?.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    expect(compose.networks.stores).toEqual({ internal: true });
  });

  test("starts two workers and a server once the stores are well, none of them as root", () => {
    expect(compose.services.worker?.deploy).toEqual({ replicas: 2 });
    expect(compose.services.worker?.environment?.MILLRACE_ROLES).toBe("worker");
    expect(compose.services.server?.environment?.MILLRACE_ROLES).toBe("ingress,api");
    for (const [, { depends_on }] of ours)
      expect(depends_on).toEqual({
        postgres: { condition: "service_healthy" },
        redis: { condition: "service_healthy" },
      });
    for (const name of ["postgres", "redis"])
      expect(compose.services[name]?.healthcheck).toMatchObject({ test: expect.any(Array), interval: "5s" });
    expect(compose.services.redis?.user).toBe("redis");
  });

  test("keeps what was acknowledged: PostgreSQL waits for the disk, Redis evicts nothing", () => {
    expect(compose.services.postgres?.command).toEqual(
      expect.arrayContaining(["fsync=on", "synchronous_commit=on", "full_page_writes=on"]),
    );
    expect(compose.services.redis?.command?.join(" ")).toMatch(/--appendonly yes.*--maxmemory-policy noeviction/);
  });
});

test("make-secrets.mjs makes exactly the files that compose reads, once, in a folder that is ours alone", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "millrace-secrets-")), "secrets");
  try {
    const run = () => spawnSync(process.execPath, ["deploy/make-secrets.mjs", folder], { cwd: root, encoding: "utf8" });
    expect(run().status).toBe(0);
    const wanted = Object.values(compose.secrets).map(({ file }) => file.replace("./secrets/", ""));
    expect(readdirSync(folder).sort()).toEqual(wanted.sort());
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const keys = readFileSync(join(folder, "vault-keys"), "utf8");
    expect(Buffer.from(keys.replace("k1:", ""), "base64")).toHaveLength(32);
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("Nothing was changed") });
    expect(readFileSync(join(folder, "vault-keys"), "utf8")).toBe(keys);
  } finally {
    rmSync(join(folder, ".."), { recursive: true, force: true });
  }
});

describe("the Dockerfile", () => {
  const instructions = read("Dockerfile")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => /^[A-Z]/.test(line));

  test("runs as a user that is not root, by number, and says whether it lives", () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM")));
    expect(last.find((line) => line.startsWith("USER"))).toBe("USER 1000:1000");
    expect(last.some((line) => line.startsWith("HEALTHCHECK") && line.includes("/livez"))).toBe(true);
    expect(last.slice(-2)).toEqual(['ENTRYPOINT ["/usr/local/bin/tini", "--"]', 'CMD ["node", "scripts/serve.mjs"]']);
    expect(last.filter((line) => /^(RUN|ADD)\b/.test(line))).toEqual([]);
  });

  test("builds in a stage of its own on Debian's Node 24, and refuses one without its security fixes", () => {
    const stages = instructions.filter((line) => line.startsWith("FROM"));
    expect(stages.map((line) => line.replace(/^FROM \$\{NODE_IMAGE\}/, ""))).toEqual([" AS build", ""]);
    expect(instructions.find((line) => line.startsWith("ARG NODE_IMAGE"))).toMatch(/=node:24-\w+-slim$/);
    const check = instructions.find((line) => line.startsWith("RUN node -e"));
    const program = /"(.*)"$/.exec(check ?? "")?.[1] ?? "";
    const endsWith = (version: string) =>
      spawnSync(process.execPath, ["-e", program.replaceAll("process.versions.node", JSON.stringify(version))]).status;
    expect([endsWith("24.22.0"), endsWith("24.22.1"), endsWith("24.23.0")]).toEqual([1, 0, 0]);
  });

  test("copies what exists or what the build makes", () => {
    const copied = instructions
      .filter((line) => line.startsWith("COPY --from=build"))
      .flatMap((line) => [...line.matchAll(/ \/app\/(\S+)(?= )/g)].map(([, path = ""]) => path));
    expect(copied.length).toBeGreaterThan(4);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("sends no secret, no data and no module of this machine to the build", () => {
    const ignored = read(".dockerignore").split("\n");
    expect(ignored).toEqual(
      expect.arrayContaining([".git", "**/node_modules", "**/dist", ".millrace", ".env", "secrets"]),
    );
  });
});

describe("the Kubernetes manifests", () => {
  test("are all listed, and each has a kind and a name", () => {
    const { resources: listed } = parse(read(join(kubernetes, "kustomization.yaml"))) as { resources: string[] };
    const files = readdirSync(join(root, kubernetes)).filter((name) => name !== "kustomization.yaml");
    expect(listed.sort()).toEqual(files.sort());
    expect(resources.filter(({ kind, metadata }) => !kind || !metadata.name)).toEqual([]);
    expect(resources.map(({ kind }) => kind)).not.toContain("Secret");
  });

  test("run servers and workers without any right, with probes, limits and time to end", () => {
    expect(deployments.map(({ name }) => name).sort()).toEqual(["millrace-server", "millrace-worker"]);
    for (const { template } of deployments) {
      const [container] = template.spec.containers;
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(container).toMatchObject({
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
        livenessProbe: { httpGet: { path: "/livez" } },
        readinessProbe: { httpGet: { path: "/readyz" } },
        resources: { limits: { memory: "512Mi" } },
      });
      // 5 s before the signal, and the 50 s that the process takes at most.
      expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(55);
    }
    const roles = deployments.flatMap(({ template }) => template.spec.containers[0].env.map(({ value }) => value));
    expect(roles.sort()).toEqual(["ingress,api", "worker"]);
  });

  test("name only variables that Millrace reads", () => {
    const settings = resources.find(({ kind }) => kind === "ConfigMap")?.data ?? {};
    const set = deployments.flatMap(({ template }) => template.spec.containers[0].env.map(({ name }) => name));
    expect([...Object.keys(settings), ...set].filter((name) => !isKnown(name))).toEqual([]);
  });

  test("scale and protect the deployments that exist", () => {
    const names = deployments.map(({ name }) => name).sort();
    const scaled = resources.flatMap(({ spec }) => spec?.scaleTargetRef?.name ?? []);
    expect(scaled.sort()).toEqual(names);
    const components = deployments
      .map(({ template }) => template.metadata.labels["app.kubernetes.io/component"])
      .sort();
    const protectedOnes = resources
      .filter(({ kind }) => kind === "PodDisruptionBudget")
      .map(({ spec }) => spec?.selector?.matchLabels?.["app.kubernetes.io/component"]);
    expect(protectedOnes.sort()).toEqual(components);
  });
});
