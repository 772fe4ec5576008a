import { measure } from '../../bench/per-operation.ts';
import { SECURITY_OPERATIONS } from '../../bench/who-may-call.ts';

measure(SECURITY_OPERATIONS);
