import { testSide } from './side.ts';

testSide('north', { v1: 90, v2: 10 }, 3);
