import { runScenarios } from './scenarios.js';

runScenarios('chromium');
