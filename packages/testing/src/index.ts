export { openEmptyDatabase, openTestDatabase, type TestDatabase } from "./database.ts";
export type { ScriptedMessage } from "./fake-anthropic/message-reply.ts";
export {
  type FakeAnthropic,
  type FakeAnthropicOptions,
  type ScriptedFailure,
  startFakeAnthropic,
} from "./fake-anthropic/start-fake-anthropic.ts";
export { startTestRedis, type TestRedis } from "./redis.ts";
export { startTestRedisCluster, type TestRedisCluster } from "./redis-cluster.ts";
export { type StubHandler, type StubReply, type StubRequest, type StubServer, startStubServer } from "./stub-server.ts";
