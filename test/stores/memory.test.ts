import { beforeEach } from 'vitest';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { storePorts } from '../helpers/ports.ts';

let fake = memoryStore();
beforeEach(() => {
  fake = memoryStore();
});

storeConformance('the fake', () => fake.open(storePorts('/nowhere')));
listingConformance('the fake', () => fake.open(storePorts('/nowhere')));
