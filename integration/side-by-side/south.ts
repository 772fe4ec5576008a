import { testSide } from './side.ts';

testSide('south', { v1: 25, v2: 75 }, 5);
