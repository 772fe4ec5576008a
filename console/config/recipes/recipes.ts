import { circuitBreaker } from './circuit-breaker.ts';
import { egress } from './egress.ts';
import { fault } from './fault.ts';
import { ingress } from './ingress.ts';
import { mutualTls } from './mutual-tls.ts';
import type { Recipe } from './recipe.ts';
import { requestRouting } from './request-routing.ts';
import { timeout } from './timeout.ts';
import { trafficShift } from './traffic-shift.ts';

/** In the order in which a newcomer meets them. */
export const RECIPES: readonly Recipe[] = [
  trafficShift,
  requestRouting,
  fault,
  timeout,
  circuitBreaker,
  mutualTls,
  ingress,
  egress,
];
