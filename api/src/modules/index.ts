import type { ApiModule } from '../context.ts';
import { alarms } from './alarms/routes.ts';
import { allocations } from './allocations/routes.ts';
import { auditTrail } from './audit/routes.ts';
import { balance } from './balance/routes.ts';
import { bills } from './bills/routes.ts';
import { buildingRecords } from './building-records/routes.ts';
import { buildings } from './buildings/routes.ts';
import { city } from './city/routes.ts';
import { closedMonths } from './closed-months/routes.ts';
import { consumption } from './consumption/routes.ts';
import { dialectMappings } from './dialect-mappings/routes.ts';
import { energyReference } from './energy-reference/routes.ts';
import { exports } from './exports/routes.ts';
import { figureRestatements } from './figure-restatements/routes.ts';
import { firmwareRollouts } from './firmware-rollouts/routes.ts';
import { forecasts } from './forecasts/routes.ts';
import { gatewayCommands } from './gateway-commands/routes.ts';
import { gatewayConfigurations } from './gateway-configurations/routes.ts';
import { gatewayEnrolments } from './gateway-enrolments/routes.ts';
import { gatewayReplays } from './gateway-replays/routes.ts';
import { gateways } from './gateways/routes.ts';
import { indicatorExplanations } from './indicator-explanations/routes.ts';
import { indicators } from './indicators/routes.ts';
import { institutionChanges } from './institution-changes/routes.ts';
import { institutionRecords } from './institution-records/routes.ts';
import { institutions } from './institutions/routes.ts';
import { ledgerEdits } from './ledger-edits/routes.ts';
import { ledgerEvidence } from './ledger-evidence/routes.ts';
import { manualReadings } from './manual-readings/routes.ts';
import { meterFacts } from './meter-facts/routes.ts';
import { meters } from './meters/routes.ts';
import { notifications } from './notifications/routes.ts';
import { oidc } from './oidc/routes.ts';
import { quarantine } from './quarantine/routes.ts';
import { reference } from './reference/routes.ts';
import { registryImports } from './registry-imports/routes.ts';
import { repairApplications } from './repair-applications/routes.ts';
import { roles } from './roles/routes.ts';
import { sessions } from './sessions/routes.ts';
import { supplyContracts } from './supply-contracts/routes.ts';
import { tariffs } from './tariffs/routes.ts';
import { temperatures } from './temperatures/routes.ts';
import { tokens } from './tokens/routes.ts';
import { users } from './users/routes.ts';
import { vee } from './vee/routes.ts';
import { virtualMeters } from './virtual-meters/routes.ts';

/** All modules; a module may use those above it, never one below. */
export const modules: readonly ApiModule[] = [
  sessions,
  auditTrail,
  users,
  oidc,
  roles,
  tokens,
  reference,
  consumption,
  city,
  institutions,
  institutionRecords,
  buildingRecords,
  meters,
  ledgerEdits,
  ledgerEvidence,
  closedMonths,
  gateways,
  gatewayEnrolments,
  gatewayCommands,
  gatewayConfigurations,
  gatewayReplays,
  firmwareRollouts,
  quarantine,
  dialectMappings,
  exports,
  energyReference,
  indicators,
  indicatorExplanations,
  buildings,
  notifications,
  institutionChanges,
  repairApplications,
  virtualMeters,
  meterFacts,
  allocations,
  balance,
  bills,
  registryImports,
  manualReadings,
  supplyContracts,
  figureRestatements,
  tariffs,
  temperatures,
  forecasts,
  vee,
  alarms,
];
