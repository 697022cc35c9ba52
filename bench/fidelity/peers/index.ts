import type { Peer } from '../peer.ts';
import { lmbench } from './lmbench.ts';
import { perf } from './perf.ts';
import { stressNg } from './stress-ng.ts';
import { willItScale } from './will-it-scale.ts';

export const PEERS: readonly Peer[] = [perf, lmbench, willItScale, stressNg];
