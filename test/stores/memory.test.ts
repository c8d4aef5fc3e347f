import { beforeEach } from 'vitest';
import { fencingConformance, spaceConformance } from '../conformance/space.ts';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { memorySpace } from '../helpers/memory-space.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { storePorts } from '../helpers/ports.ts';

let fake = memoryStore();
beforeEach(() => {
  fake = memoryStore();
});

storeConformance('the fake', () => fake.open(storePorts('/nowhere')));
listingConformance('the fake', () => fake.open(storePorts('/nowhere')));

let space = memorySpace();
beforeEach(() => {
  space = memorySpace();
});
spaceConformance('the fake', () => space);
fencingConformance(
  'the fake',
  () => space,
  () => space.endLocks(),
);
