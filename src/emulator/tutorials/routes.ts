import { endConversation } from '../conversations/end.ts';
import { findConversation } from '../conversations/routes.ts';
import { startInbound, type FlowStarter } from '../conversations/start.ts';
import { customerOf } from '../conversations/state.ts';
import { viewConversation } from '../conversations/views/conversation-view.ts';
import { badRequest, invalidValue, participantNotFound } from '../http/errors.ts';
import { ok, param, type Answer, type Call, type Method, type Route } from '../http/route.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { withInputDefinitions } from './input-definitions.ts';
import {
  assertLive,
  conflict,
  isFields,
  mergeChanges,
  parseChanges,
  replaceAttributes,
  roleOf,
  stateOf,
  viewTutorialParticipant,
} from './participant.ts';
import type { TutorialScopes } from './scopes.ts';

const CONVERSATION = '/api/v2/conversations/{conversationId}';
const PARTICIPANT = `${CONVERSATION}/participants/{participantId}`;
const VOICE = '/api/v2/conversations/voice/{conversationId}';

const READ = ['conversation:view', 'conversation:read', 'conversations:readonly', 'conversations'];
const WRITE = [
  'conversation:participant:modify',
  'conversation:participant:write',
  'conversation:write',
  'conversations',
];

export interface TutorialParts {
  readonly world: World;
  readonly architect: FlowStarter;
  readonly scopes: TutorialScopes;
}

/**
 * The operations of the public tutorials, over those of the platform: `base` is what the emulator
 * answers otherwise, and what these fall back on. The semantics go by the path, since the tutorials
 * contradict each other: the voice path replaces the whole map, the generic one merges.
 */
export function layTutorialsOver(base: readonly Route[], parts: TutorialParts): Route[] {
  const tutorials = new TutorialRoutes(base, parts).routes();
  const replaced = new Set(tutorials.map(({ method, path }) => `${method} ${path}`));
  return [...base.filter(({ method, path }) => !replaced.has(`${method} ${path}`)), ...tutorials];
}

class TutorialRoutes {
  readonly #base: readonly Route[];
  readonly #world: World;
  readonly #parts: TutorialParts;
  /** The map that each token read last of a participant; maps are replaced, never changed. */
  readonly #read = new WeakMap<object, Map<string, ReadonlyMap<string, string>>>();
  /** Attributes that were given to the conversation and to nobody in it: Architect never sees them. */
  readonly #outside = new WeakMap<ConversationState, Readonly<Record<string, unknown>>>();

  constructor(base: readonly Route[], parts: TutorialParts) {
    this.#base = base;
    this.#parts = parts;
    this.#world = parts.world;
  }

  routes(): Route[] {
    return [
      this.#route('GET', CONVERSATION, READ, (call) => ok(this.#viewWhole(call))),
      this.#route('PATCH', CONVERSATION, WRITE, (call) => this.#patchConversation(call)),
      this.#route('PUT', CONVERSATION, WRITE, (call) => this.#putConversation(call)),
      this.#route('POST', '/api/v2/conversations', WRITE, (call) => this.#create(call)),
      this.#route('POST', '/api/v2/conversations/messages', WRITE, (call) => this.#create(call)),
      this.#route('GET', PARTICIPANT, READ, (call) => this.#get(call)),
      this.#route('PATCH', PARTICIPANT, WRITE, (call) => this.#merge(call)),
      this.#route('GET', VOICE, READ, (call) => ok(this.#viewWhole(call))),
      this.#route('GET', `${VOICE}/participants/{participantId}`, READ, (call) => this.#get(call)),
      this.#route('PATCH', `${VOICE}/participants/{participantId}`, WRITE, (call) =>
        this.#replace(call),
      ),
      ...this.#flowRoute(),
    ];
  }

  #route(
    method: Method,
    path: string,
    scopes: readonly string[],
    handle: (call: Call) => Answer | Promise<Answer>,
  ): Route {
    return {
      method,
      path,
      isTutorial: true,
      handle: (call) => {
        this.#parts.scopes.require(call, scopes);
        return handle(call);
      },
    };
  }

  #flowRoute(): Route[] {
    const path = '/api/v2/flows/{flowId}';
    const base = this.#baseOf('GET', path);
    if (base === undefined) return [];
    const handle = async (call: Call): Promise<Answer> =>
      withInputDefinitions(await base.handle(call));
    return [
      this.#route(
        'GET',
        path,
        ['flow:read', 'architect:flow:read', 'architect', 'architect:readonly'],
        handle,
      ),
    ];
  }

  #baseOf(method: Method, path: string): Route | undefined {
    return this.#base.find((route) => route.method === method && route.path === path);
  }

  #viewWhole(call: Call): unknown {
    return this.#view(findConversation(this.#world, call));
  }

  /** The platform's view, with `role` and `state` on each participant. */
  #view(conversation: ConversationState): unknown {
    const view = viewConversation(this.#world, conversation);
    return {
      ...view,
      state: conversation.endedAt === undefined ? 'connected' : 'terminated',
      attributes: this.#outside.get(conversation),
      participants: view.participants.map((shown, i) => {
        const participant = conversation.participants[i];
        if (participant === undefined) return shown;
        return { ...shown, role: roleOf(participant), state: stateOf(participant) };
      }),
    };
  }

  #place(call: Call): {
    readonly conversation: ConversationState;
    readonly participant: ParticipantState;
  } {
    const conversation = findConversation(this.#world, call);
    const id = param(call, 'participantId');
    const participant = conversation.participants.find((one) => one.id === id);
    if (participant === undefined) throw participantNotFound();
    return { conversation, participant };
  }

  #get(call: Call): Answer {
    const { conversation, participant } = this.#place(call);
    this.#readsOf(call).set(participant.id, participant.attributes);
    return ok(viewTutorialParticipant(conversation, participant));
  }

  #readsOf({ token }: Call): Map<string, ReadonlyMap<string, string>> {
    const known = this.#read.get(token) ?? new Map<string, ReadonlyMap<string, string>>();
    this.#read.set(token, known);
    return known;
  }

  /** The voice path: the map that is sent is the map that stands, unless somebody wrote since the read. */
  #replace(call: Call): Answer {
    const place = this.#place(call);
    const { conversation, participant } = place;
    assertLive(conversation, participant);
    const reads = this.#readsOf(call);
    const read = reads.get(participant.id);
    if (read !== undefined && read !== participant.attributes) {
      throw conflict('The participant has changed since it was read.');
    }
    replaceAttributes(this.#world, place, mergeChanges(new Map(), parseChanges(call.body)));
    reads.set(participant.id, participant.attributes);
    return ok(viewTutorialParticipant(conversation, participant));
  }

  /** The generic path: keys are merged, `null` removes one. Without attributes it is the platform's. */
  #merge(call: Call): Answer | Promise<Answer> {
    const hasAttributes = isFields(call.body) && 'attributes' in call.body;
    const base = this.#baseOf('PATCH', PARTICIPANT);
    if (!hasAttributes && base !== undefined) return base.handle(call);
    const place = this.#place(call);
    const { conversation, participant } = place;
    assertLive(conversation, participant);
    const merged = mergeChanges(participant.attributes, parseChanges(call.body));
    replaceAttributes(this.#world, place, merged);
    return ok(viewTutorialParticipant(conversation, participant));
  }

  /** Attributes that are given to the conversation go to its customer. */
  #patchConversation(call: Call): Answer {
    const conversation = findConversation(this.#world, call);
    assertLive(conversation);
    const participant = customerOf(conversation);
    if (participant === undefined) throw participantNotFound();
    const merged = mergeChanges(participant.attributes, parseChanges(call.body));
    replaceAttributes(this.#world, { conversation, participant }, merged);
    return ok(this.#view(conversation));
  }

  #putConversation(call: Call): Answer {
    const conversation = findConversation(this.#world, call);
    const state: unknown = isFields(call.body) ? call.body['state'] : undefined;
    if (state !== 'closed') throw invalidValue(JSON.stringify(state), 'state', 'closed');
    endConversation(this.#world, conversation, 'system');
    return ok(this.#view(conversation));
  }

  /** A message conversation. What stands on `from` alone stays outside, as the documents warn. */
  #create({ body }: Call): Answer {
    if (!isFields(body)) throw badRequest();
    const from = isFields(body['from']) ? body['from'] : {};
    const to: unknown = Array.isArray(body['to']) ? body['to'][0] : body['to'];
    const participants: readonly unknown[] = Array.isArray(body['participants'])
      ? body['participants']
      : [];
    const customer = participants.find((one) => isFields(one) && one['role'] === 'customer');
    const given = parseChanges(customer ?? (participants.length === 0 ? body : undefined));
    const started = startInbound(this.#parts, {
      media: 'messages',
      from: textOf(from, 'id') ?? textOf(from, 'email'),
      name: textOf(from, 'name'),
      queue: isFields(to) ? textOf(to, 'id') : undefined,
      attributes: Object.fromEntries(mergeChanges(new Map(), given)),
    });
    const conversation = this.#world.conversations.get(started.conversationId);
    if (conversation === undefined) throw badRequest();
    const outside = from['attributes'];
    if (isFields(outside)) this.#outside.set(conversation, outside);
    return { status: 201, body: this.#view(conversation) };
  }
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
