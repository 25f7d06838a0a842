import type { AnswerMessage, FrameMessage } from '../../../src/emulator/diagnostics.ts';
import { readOpenApiValidator, type OpenApiValidator } from './openapi-validator.ts';
import { createSdkValidator } from './sdk-validator.ts';
import { createTopicLookup, readTopicModels, TOPIC_MODELS } from './topic-models.ts';

/** Judges what an emulator says by the contract. An empty list means that it is right. */
export interface ContractValidator {
  checkAnswer(answer: AnswerMessage): readonly string[];
  checkFrame(frame: FrameMessage): readonly string[];
  /** Whether the platform's own document describes the operation. */
  hasDocument(operation: string): boolean;
}

export interface ContractFiles {
  /** The platform's OpenAPI document. Without it, answers are held against the SDK's types alone. */
  readonly openApi?: string | undefined;
  /** The platform's list of notification topics; without it, the conversation topics listed here. */
  readonly topics?: string | undefined;
}

export function createContractValidator(files: ContractFiles): ContractValidator {
  const sdk = createSdkValidator();
  const document: OpenApiValidator | undefined =
    files.openApi === undefined ? undefined : readOpenApiValidator(files.openApi);
  const topics = files.topics === undefined ? TOPIC_MODELS : readTopicModels(files.topics);
  const modelOf = createTopicLookup(topics);

  return {
    hasDocument: (operation) => document?.knows(operation) === true,
    checkAnswer(answer) {
      if (answer.path === '/oauth/token') {
        return tokenProblems(answer).map((problem) => `${nameOf(answer)}: ${problem}`);
      }
      const problems = [
        ...sdk.checkAnswer(answer),
        ...(document?.checkAnswer(answer) ?? []),
        ...headerProblems(answer),
      ];
      return [...new Set(problems)].map((problem) => `${nameOf(answer)}: ${problem}`);
    },
    checkFrame({ topicName, frame }) {
      const problems = frameProblems(topicName, frame);
      const model = modelOf(topicName);
      const { eventBody } = asRecord(frame);
      if (model !== undefined) problems.push(...sdk.checkModel(model, eventBody));
      else if (topicName !== 'channel.metadata') problems.push('the platform has no such topic');
      return problems.map((problem) => `frame ${topicName}: ${problem}`);
    },
  };
}

/** Sign-in is no part of the OpenAPI document: it answers as RFC 6749 says, with the platform's own `description`. */
function tokenProblems({ status, body }: AnswerMessage): string[] {
  const members = status === 200 ? TOKEN_MEMBERS : TOKEN_ERROR_MEMBERS;
  const { refresh_token: _, ...given } = asRecord(body);
  const names = Object.keys(given).toSorted();
  const isRight =
    JSON.stringify(names) === JSON.stringify(Object.keys(members)) &&
    Object.entries(members).every(([name, type]) => typeof given[name] === type);
  return isRight
    ? []
    : [`body has ${names.join(', ')}; expected ${Object.keys(members).join(', ')}`];
}

const TOKEN_MEMBERS = { access_token: 'string', expires_in: 'number', token_type: 'string' };
const TOKEN_ERROR_MEMBERS = { description: 'string', error: 'string', error_description: 'string' };

const nameOf = ({ operation, method, path, status }: AnswerMessage): string =>
  `${operation ?? `${method} ${path}`} → ${status}`;

function headerProblems({ path, headers, body }: AnswerMessage): string[] {
  if (!path.startsWith('/api/v2/')) return [];
  const correlationId = headers['inin-correlation-id'];
  if (correlationId === undefined) return ['header ININ-Correlation-Id is missing'];
  const { contextId } = asRecord(body);
  const isOther = contextId !== undefined && contextId !== correlationId;
  return isOther ? ['contextId differs from header ININ-Correlation-Id'] : [];
}

function frameProblems(topicName: string, frame: unknown): string[] {
  const { version, eventBody, metadata, topicName: told } = asRecord(frame);
  const problems: string[] = [];
  if (told !== topicName) problems.push(`topicName says ${JSON.stringify(told)}`);
  if (typeof eventBody !== 'object' || eventBody === null) problems.push('eventBody is missing');
  const isNotification = topicName.startsWith('v2.') && !topicName.startsWith('v2.system.');
  if (!isNotification) return problems;
  if (version !== '2') problems.push(`version says ${JSON.stringify(version)}`);
  if (typeof asRecord(metadata)['CorrelationId'] !== 'string') {
    problems.push('metadata.CorrelationId is missing');
  }
  return problems;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
