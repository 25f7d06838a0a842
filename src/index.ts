/**
 * The library: `openRapport` for whole enrichments inside a program, and its parts, each usable
 * alone: the platform client, the first half of a turn (find the customer, say what should be
 * written) and the second (write it, prove it). The emulator has an entry point of its own; service
 * and command line are not part of the library.
 */
export {
  openRapport,
  type Rapport,
  type RapportOptions,
  type SetCall,
  type SetResult,
} from './library/rapport.ts';
export type { EnrichCall } from './library/enrich-call.ts';

export {
  createGenesysClient,
  type GenesysClient,
  type GenesysClientOptions,
} from './genesys/client.ts';
export {
  genesysOptionsSchema,
  type GenesysConfig,
  type GenesysOptions,
} from './genesys/options.ts';
export { isInDoubt, isPlatformError, PlatformError } from './genesys/errors.ts';
export { RequestMeter, type RequestEvent } from './genesys/request-meter.ts';
export type { Budget, BudgetSnapshot, Permit } from './genesys/budget/budget.ts';

export { createLookups, type Lookups } from './lookup/lookups.ts';
export { sourceOptionsSchema, type SourceOptions } from './lookup/options.ts';
export type { LookupAnswer } from './lookup/lookup.ts';

export { enrich, type EnrichDeps, type EnrichInput } from './enrich/pipeline.ts';
export { planEnrichment, type EnrichOptions, type EnrichPlan } from './enrich/plan.ts';
export { resolveCustomer, type Resolution } from './enrich/customer/resolve.ts';
export { maskReport, type EnrichmentReport, type KeyReport } from './enrich/report/report.ts';
export { renderReport } from './enrich/report/render-report.ts';
export { createFlowSource, type FlowSource, type GetFlow } from './enrich/flow/flow-source.ts';
export { renderCases, runCases, type CaseResult } from './enrich/cases/cases.ts';
export { casesOptions, type CaseOptions } from './enrich/cases/case-options.ts';
export type { FlowSchema } from './enrich/flow/flow-schema.ts';
export { loadToE164 } from './enrich/customer/phone.ts';
export {
  attributeOptions,
  customerOptions,
  DEFAULT_ATTRIBUTES,
  limitOptions,
} from './enrich/options.ts';
export type { Enrichment, PlannedKey } from './enrich/enrichment.ts';

export { createClientPort } from './writeback/client-port.ts';
export { createDigester } from './writeback/proof/digest.ts';
export { createValueMemory } from './writeback/value-memory.ts';
export { writeTurn } from './writeback/turn/write-turn.ts';
export type { WritebackDeps, WritebackInput, WritebackResult } from './writeback/turn/input.ts';
export { writeOptionsSchema, type WriteConfig, type WriteOptions } from './writeback/options.ts';

export { loadConfig, type LoadedConfig, type LoadOptions } from './config/load.ts';
export { planConfig } from './config/plan-config.ts';
export { configJsonSchema } from './config/json-schema.ts';
export { ConfigError } from './config/problems.ts';
export { configSchema, type RapportConfig } from './config/schema.ts';

export { isRapportError, RapportError, type ErrorCode } from './domain/errors.ts';
export { parseConversation } from './domain/parse-conversation.ts';
export { parseConversationId, parseParticipantId, parseTraceId } from './domain/ids.ts';
export type { Communication, Conversation, MediaType, Participant } from './domain/conversation.ts';
export type { AttributeClass, Attributes } from './domain/attributes.ts';
export type {
  AttributeState,
  KeyVerdict,
  OutcomeSummary,
  SourceVerdict,
} from './domain/outcome.ts';
export { systemClock, type Clock } from './lib/clock.ts';
export { ManualClock } from './lib/manual-clock.ts';
export { silentLog, type Log } from './lib/log.ts';
