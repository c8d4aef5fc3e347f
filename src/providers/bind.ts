/** Binds a manifest to a profile's settings: everything a command asks of one service. No schema is loaded here. */
import { mcpAccess } from './access.ts';
import { createGuideInputs, guide, refGuideInputs } from './assisted.ts';
import { diagnose } from './diagnose.ts';
import { checkForm, displayPrefix } from './forms.ts';
import { markLabel, readLabel } from './labels.ts';
import type { Manifest, ManifestOperations } from './manifest.ts';
import type { AssistedOperation, UnsupportedOperation } from './manifest-http.ts';
import { type Binding, runCreate, runGet, runList, runRevoke, runRotate } from './operations.ts';
import { fillSettings, templateFields } from './settings.ts';
import type { ApiCall, Operation, Provider, ProviderSettings } from './types.ts';
import { runUsage } from './usage.ts';

/** Throws `usage` where a setting is missing or wrong. `now` in ms. */
export function bindManifest(manifest: Manifest, given: ProviderSettings, now: () => number = Date.now): Provider {
  const settings = fillSettings(manifest, given);
  const chosen = applyVariant(manifest, settings);
  const { profile } = settings;
  const binding: Binding = {
    manifest: chosen,
    profile,
    fields: templateFields(settings),
    base: settings.url ?? '',
    now,
  };
  return {
    id: chosen.id,
    title: chosen.title,
    manifest: chosen,
    settings,
    operations: bindOperations(binding, chosen.operations),
    mcp: (kind) => mcpAccess(chosen, settings, kind),
    diagnose: (answer, operation) => diagnose(chosen, answer, { surface: 'api', profile, operation, now: now() }),
    diagnoseMcp: (answer, credential) => diagnose(chosen, answer, { surface: 'mcp', profile, credential, now: now() }),
    checkForm: (value) => checkForm(chosen, settings, value),
    markLabel: (name, mark) => markLabel(chosen, name, mark),
    readLabel: (label) => readLabel(chosen, label),
    displayPrefix: (value) => displayPrefix(chosen, value),
  };
}

function applyVariant(manifest: Manifest, settings: ProviderSettings): Manifest {
  const variant = manifest.variants?.find((candidate) => candidate.org === settings.org);
  if (!variant) return manifest;
  const { create, list, get, revoke, rotate, usage } = variant.operations;
  const own = manifest.operations;
  const operations: ManifestOperations = {
    create: create ?? own.create,
    list: list ?? own.list,
    get: get ?? own.get,
    revoke: revoke ?? own.revoke,
    rotate: rotate ?? own.rotate,
    usage: usage ?? own.usage,
  };
  return { ...manifest, operations, scopes: variant.scopes ?? manifest.scopes };
}

function bindOperations(binding: Binding, operations: ManifestOperations): Provider['operations'] {
  const { create, list, get, revoke, rotate, usage } = operations;
  const no = (reason: string): UnsupportedOperation => ({ mode: 'unsupported', reason });
  const { title } = binding.manifest;
  return {
    create: bindOne(
      binding,
      create,
      (input) => createGuideInputs(binding, input),
      (api) => (call, input) => runCreate(binding, api, call, input),
    ),
    list: bindOne(
      binding,
      list,
      () => ({}),
      (api) => async (call) => runList(binding, api, call),
    ),
    get: bindOne(
      binding,
      get ?? no(`${title} shows no single key.`),
      refGuideInputs,
      (api) => (call, ref) => runGet(binding, api, call, ref),
    ),
    revoke: bindOne(binding, revoke, refGuideInputs, (api) => (call, ref) => runRevoke(binding, api, call, ref)),
    rotate: bindOne(
      binding,
      rotate ?? no(`${title} rotates no keys by itself.`),
      (input) => ({ ...createGuideInputs(binding, input), id: input.id }),
      (api) => (call, input) => runRotate(binding, api, call, input),
    ),
    usage: bindOne(
      binding,
      usage,
      () => ({}),
      (api) => (call, input) => runUsage(binding, api, call, input),
    ),
  };
}

/** One operation in whichever mode the manifest gives it. */
function bindOne<Api extends { readonly mode: 'api' }, Input, Output>(
  binding: Binding,
  operation: Api | AssistedOperation | UnsupportedOperation,
  guideInputs: (input: Input) => Binding['fields'],
  run: (api: Api) => (call: ApiCall, input: Input) => Promise<Output>,
): Operation<Input, Output> {
  if (operation.mode === 'api') return { mode: 'api', run: run(operation) };
  if (operation.mode === 'assisted')
    return { mode: 'assisted', guide: (input) => guide(binding, operation, guideInputs(input)) };
  return { mode: 'unsupported', reason: operation.reason };
}
