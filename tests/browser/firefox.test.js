import { runScenarios } from './scenarios.js';

runScenarios('firefox');
