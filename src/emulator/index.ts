export { startEmulator, type Emulator } from './emulator.ts';
export { parseClock } from './clock.ts';
export { ManualClock } from '../lib/manual-clock.ts';
export { createScaledClock } from '../lib/scaled-clock.ts';
export type { EmulatorOptions, EmulatorProfile } from './options.ts';
export type { Control, FaultRuleInput, OutboundStart, WorldView } from './control/control.ts';
export type { DeliveryReport } from './deliveries/deliveries.ts';
export type { DeliverySettings } from './deliveries/settings.ts';
export type { RuleReport } from './chaos/chaos.ts';
export type { AnalyticsSettings } from './analytics/settings.ts';
export type { RetentionSettings } from './conversations/purge.ts';
export type { ArchitectSettings, FlowRun, FlowStep, StepReport } from './architect/step.ts';
export type { FaultRule } from './chaos/fault-rule.ts';
export type { AttributeChange, AttributeSettings } from './conversations/attributes.ts';
export type { EndedBy } from './conversations/end.ts';
export type { Move, MoveTarget } from './conversations/move.ts';
export type { InboundStart, StartedConversation } from './conversations/start.ts';
export type { ConversationShape, ParticipantShape } from './conversations/views/shapes.ts';
export type { Exchange } from './http/request-log.ts';
export type { SupportedOperation } from './http/route.ts';
export type { LimitChange, LimitSettings } from './limits/settings.ts';
export type {
  ClientSeed,
  FlowSeed,
  IntegrationSeed,
  QueueSeed,
  Seed,
  UserSeed,
} from './world/seed.ts';
export {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_SEED,
  DEFAULT_USER_PASSWORD,
  DEFAULT_WEB_CLIENT_ID,
} from './world/seed.ts';
