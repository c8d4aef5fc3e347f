/** What a person does in the dashboard, filled in. */
import { lifetimeInWords } from './lifetimes.ts';
import type { AssistedOperation } from './manifest-http.ts';
import type { Binding } from './operations.ts';
import { fillText, fillUrl, type TemplateInputs } from './templates.ts';
import type { AssistedSteps, CreateInput, RemoteRef } from './types.ts';

/** The profile's `dashboard` goes before the manifest's page. `url` is empty where no page is known. */
export function guide(binding: Binding, operation: AssistedOperation, inputs: TemplateInputs): AssistedSteps {
  const all = { ...binding.fields, ...inputs };
  const page = fillUrl('{+dashboard}', all) ?? fillUrl(operation.page, all) ?? '';
  return { url: page, steps: operation.steps.flatMap((step) => fillText(step, all) ?? []) };
}

export function createGuideInputs(binding: Binding, input: CreateInput): TemplateInputs {
  const { label, scopes, lifetime, metadata, allowedIps } = input;
  return {
    name: label,
    scopes,
    expires: lifetimeInWords(binding.manifest, lifetime, binding.now()),
    metadata,
    allowedIps,
  };
}

export const refGuideInputs = (ref: RemoteRef): TemplateInputs => ({ id: ref.id, name: ref.name });
