import { measure } from '../../bench/per-operation.ts';
import { TELEMETRY_OPERATIONS } from '../../bench/telemetry.ts';

measure(TELEMETRY_OPERATIONS);
