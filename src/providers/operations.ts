/** The operations of a manifest as functions: each sends, checks for success, and reads the answer exactly. */
import type { UserError } from '../errors.ts';
import { diagnose } from './diagnose.ts';
import { type KeyReading, readCreatedKey, readKey } from './keys.ts';
import { MARK_FIELD } from './labels.ts';
import { expiryInput, inUnit } from './lifetimes.ts';
import type { Manifest } from './manifest.ts';
import type {
  CreateOperation,
  GetOperation,
  HttpOperation,
  KeyFields,
  ListOperation,
  OperationId,
  RevokeOperation,
  RotateOperation,
} from './manifest-http.ts';
import { walkPages } from './pages.ts';
import { type AnswerPlace, badAnswer, find } from './pointers.ts';
import { buildRequest } from './requests.ts';
import type { TemplateInputs } from './templates.ts';
import type {
  ApiAnswer,
  ApiCall,
  ApiRequest,
  CreatedKey,
  CreateInput,
  RemoteKey,
  RemoteRef,
  RotateInput,
} from './types.ts';

/** What an operation knows of its provider. */
export interface Binding {
  readonly manifest: Manifest;
  /** Name of the profile. */
  readonly profile: string | undefined;
  /** The profile's fields, for templates. */
  readonly fields: TemplateInputs;
  /** The profile's URL; empty where the provider has no key API. */
  readonly base: string;
  /** ms */
  now(): number;
}

export async function runCreate(
  binding: Binding,
  operation: CreateOperation,
  call: ApiCall,
  input: CreateInput,
): Promise<CreatedKey> {
  const answer = await exchange(binding, 'create', operation.request, call, createInputs(binding, input));
  return readCreatedKey(answer.body, {
    ...reading(binding, 'create', operation.fields),
    known: { label: input.label },
  });
}

export async function runRotate(
  binding: Binding,
  operation: RotateOperation,
  call: ApiCall,
  input: RotateInput,
): Promise<CreatedKey> {
  const overlap = operation.overlap && inUnit(input.overlap ?? 0, operation.overlap.unit);
  const inputs = { ...createInputs(binding, input), id: input.id, overlap };
  const answer = await exchange(binding, 'rotate', operation.request, call, inputs);
  const known = { label: input.label, id: operation.id === 'same' ? input.id : undefined };
  return readCreatedKey(answer.body, { ...reading(binding, 'rotate', operation.fields), known });
}

export async function runGet(
  binding: Binding,
  operation: GetOperation,
  call: ApiCall,
  ref: RemoteRef,
): Promise<RemoteKey> {
  const answer = await exchange(binding, 'get', operation.request, call, { ...ref });
  return readKey(answer.body, { ...reading(binding, 'get', operation.fields), known: ref });
}

export async function runRevoke(
  binding: Binding,
  operation: RevokeOperation,
  call: ApiCall,
  ref: RemoteRef,
): Promise<undefined> {
  await exchange(binding, 'revoke', operation.request, call, { ...ref });
}

export async function* runList(
  binding: Binding,
  operation: ListOperation,
  call: ApiCall,
): AsyncGenerator<readonly RemoteKey[]> {
  const { request, pagination, items, fields } = operation;
  const first = requestOf(binding, 'list', request, {});
  const send = (next: ApiRequest) => send1(binding, 'list', request, call, next);
  const how = reading(binding, 'list', fields);
  for await (const page of walkPages({ first, pagination, items, place: how.place, send })) {
    yield page.map((item) => readKey(item, how));
  }
}

/** Sends one request of an operation and throws unless it succeeded. */
export function exchange(
  binding: Binding,
  id: OperationId,
  http: HttpOperation,
  call: ApiCall,
  inputs: TemplateInputs,
): Promise<ApiAnswer> {
  return send1(binding, id, http, call, requestOf(binding, id, http, inputs));
}

async function send1(
  binding: Binding,
  id: OperationId,
  http: HttpOperation,
  call: ApiCall,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const answer = await call(request);
  const { status, condition } = http.success;
  if (!status.includes(answer.status)) throw failure(binding, id, http, answer, request);
  if (condition && find(answer.body, condition.pointer) !== condition.equals) {
    if (find(answer.body, condition.pointer) === undefined)
      throw badAnswer(placeOf(binding, id), condition.pointer, 'nothing');
    throw failure(binding, id, http, answer, request);
  }
  return answer;
}

function failure(
  binding: Binding,
  id: OperationId,
  http: HttpOperation,
  answer: ApiAnswer,
  request: ApiRequest,
): UserError {
  const about = {
    surface: 'api',
    profile: binding.profile,
    operation: id,
    message: http.failureMessage,
    unanswered: !request.repeatable,
    now: binding.now(),
  } as const;
  return diagnose(binding.manifest, answer, about);
}

export function placeOf({ manifest }: Binding, operation: OperationId): AnswerPlace {
  const unanswered = operation === 'create' || operation === 'rotate';
  return { title: manifest.title, provider: manifest.id, operation, unanswered };
}

function reading(binding: Binding, id: OperationId, fields: KeyFields): KeyReading {
  return {
    fields,
    place: placeOf(binding, id),
    now: binding.now(),
    markInMetadata: binding.manifest.key.mark === 'metadata',
  };
}

function requestOf(binding: Binding, operation: OperationId, http: HttpOperation, inputs: TemplateInputs): ApiRequest {
  const { manifest, fields, base } = binding;
  return buildRequest(
    http,
    { ...fields, ...inputs },
    { title: manifest.title, provider: manifest.id, operation, base },
  );
}

function createInputs({ manifest, now }: Binding, input: CreateInput): TemplateInputs {
  const metadata = manifest.key.mark === 'metadata' ? { ...input.metadata, [MARK_FIELD]: input.mark } : input.metadata;
  return {
    name: input.label,
    mark: input.mark,
    scopes: input.scopes,
    expires: expiryInput(manifest, input.lifetime, now()),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    allowedIps: input.allowedIps.length > 0 ? input.allowedIps : undefined,
  };
}
