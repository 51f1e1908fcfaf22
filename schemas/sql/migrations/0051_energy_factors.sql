-- Up Migration
-- Factors of the domain handbook (2.1, 2.2, 2.10), each with the document it is said to come from. What ends in a legal report
-- is to be re-keyed from the official text.
insert into energy.carrier (code, name_zh, name_en, unit, medium, converted, emits, sort_order) values
  ('electricity', '电力', 'Electricity', 'kWh', 'electricity', true, true, 1),
  ('solar', '自发自用光伏', 'Solar, produced and used on site', 'kWh', null, true, false, 2),
  ('water', '水', 'Water', 'm³', 'water', false, false, 3),
  ('natural-gas', '天然气', 'Natural gas', 'm³', 'gas', true, true, 4),
  ('heat', '热力', 'Heat', 'GJ', 'heat', true, true, 5),
  ('lng', '液化天然气', 'LNG', 'kg', null, true, true, 6),
  ('lpg', '液化石油气', 'LPG', 'kg', null, true, true, 7),
  ('gasoline', '汽油', 'Gasoline', 'L', null, true, true, 8),
  ('diesel', '柴油', 'Diesel', 'L', null, true, true, 9),
  ('kerosene', '煤油', 'Kerosene', 'kg', null, true, true, 10),
  ('fuel-oil', '燃料油', 'Fuel oil', 'kg', null, true, true, 11),
  ('raw-coal', '原煤', 'Raw coal', 'kg', null, true, true, 12);

insert into energy.factor_variant (kind, code, base_code, name_zh, name_en) values
  ('coefficient', 'calorific', null, '当量值', 'Calorific value'),
  ('coefficient', 'equal-value', 'calorific', '等价值', 'Equal value'),
  ('emission', 'national', null, '全国', 'National'),
  ('emission', 'east-china', 'national', '华东', 'East China'),
  ('emission', 'jiangsu', 'national', '江苏', 'Jiangsu');

insert into energy.factor (kind, carrier, variant, value, unit, valid_from, source_document, recorded_at, recorded_by)
select kind, carrier, variant, value, unit, valid_from::date, source, timestamptz '2000-01-01', 'handbook'
from (values
  ('coefficient', 'electricity', 'calorific', 0.1229, 'kgce/kWh', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'solar', 'calorific', 0.1229, 'kgce/kWh', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'electricity', 'equal-value', 0.30, 'kgce/kWh', '2000-01-01', 'DB32/T 4001-2021'),
  ('coefficient', 'natural-gas', 'calorific', 1.33, 'kgce/m³', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'heat', 'calorific', 34.12, 'kgce/GJ', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'lng', 'calorific', 1.7572, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'lpg', 'calorific', 1.7143, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'gasoline', 'calorific', 1.4714, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'diesel', 'calorific', 1.4571, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'kerosene', 'calorific', 1.4714, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'fuel-oil', 'calorific', 1.4286, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('coefficient', 'raw-coal', 'calorific', 0.7143, 'kgce/kg', '2000-01-01', 'GB/T 2589-2020'),
  ('density', 'gasoline', 'calorific', 0.73, 'kg/L', '2000-01-01', '公共机构能源资源消费统计调查制度'),
  ('density', 'diesel', 'calorific', 0.84, 'kg/L', '2000-01-01', '公共机构能源资源消费统计调查制度'),
  ('emission', 'electricity', 'national', 0.5568, 'kgCO2/kWh', '2021-01-01', '生态环境部公告2024年第12号'),
  ('emission', 'electricity', 'east-china', 0.5992, 'kgCO2/kWh', '2021-01-01', '生态环境部公告2024年第12号'),
  ('emission', 'electricity', 'jiangsu', 0.6451, 'kgCO2/kWh', '2021-01-01', '生态环境部公告2024年第12号'),
  ('emission', 'electricity', 'national', 0.5366, 'kgCO2/kWh', '2022-01-01', '生态环境部公告2024年第33号'),
  ('emission', 'electricity', 'east-china', 0.5617, 'kgCO2/kWh', '2022-01-01', '生态环境部公告2024年第33号'),
  ('emission', 'electricity', 'jiangsu', 0.5978, 'kgCO2/kWh', '2022-01-01', '生态环境部公告2024年第33号'),
  ('emission', 'electricity', 'national', 0.5306, 'kgCO2/kWh', '2023-01-01', '生态环境部公告2025年第47号'),
  ('emission', 'electricity', 'east-china', 0.5500, 'kgCO2/kWh', '2023-01-01', '生态环境部公告2025年第47号'),
  ('emission', 'electricity', 'jiangsu', 0.5827, 'kgCO2/kWh', '2023-01-01', '生态环境部公告2025年第47号'),
  ('emission', 'natural-gas', 'national', 2.1622, 'kgCO2/m³', '2000-01-01', '389.31 GJ/10⁴Nm³ × 15.3 tC/TJ × 0.99 × 44/12'),
  ('emission', 'gasoline', 'national', 2.9251, 'kgCO2/kg', '2000-01-01', '工业其他行业企业温室气体排放核算方法与报告指南'),
  ('emission', 'diesel', 'national', 3.0959, 'kgCO2/kg', '2000-01-01', '工业其他行业企业温室气体排放核算方法与报告指南'),
  ('emission', 'lpg', 'national', 3.1013, 'kgCO2/kg', '2000-01-01', '工业其他行业企业温室气体排放核算方法与报告指南'),
  ('emission', 'heat', 'national', 110, 'kgCO2/GJ', '2000-01-01', '工业其他行业企业温室气体排放核算方法与报告指南')
) as f(kind, carrier, variant, value, unit, valid_from, source);

insert into energy.factor_band (kind, carrier, low, high, source_document)
select 'coefficient', carrier, low, high, '公共机构能源审计 (handbook 2.1)'
from (values ('electricity', 0.1, 1.0), ('solar', 0.1, 1.0), ('natural-gas', 0.5, 2.5), ('lng', 1.0, 2.5), ('lpg', 1.0, 2.5),
  ('gasoline', 1.0, 2.0), ('diesel', 1.0, 2.0), ('kerosene', 1.0, 2.0), ('fuel-oil', 1.0, 2.0), ('raw-coal', 0.2, 1.1),
  ('heat', 30, 130)) as b(carrier, low, high)
union all
select 'emission', carrier, low, high, 'handbook 2.2'
from (values ('electricity', 0.05, 1.2), ('natural-gas', 1.5, 3.0), ('lng', 2.0, 3.5), ('lpg', 2.5, 3.5), ('gasoline', 2.5, 3.5),
  ('diesel', 2.5, 3.5), ('kerosene', 2.5, 3.5), ('fuel-oil', 2.5, 3.5), ('raw-coal', 1.0, 3.5), ('heat', 10, 200)) as b(carrier, low, high)
union all
select 'density', carrier, low, high, 'handbook 2.1'
from (values ('gasoline', 0.70, 0.80), ('diesel', 0.80, 0.90)) as b(carrier, low, high);

insert into energy.tariff (code, carrier, name_zh, name_en, valid_from, content, source_document, sample, recorded_at, recorded_by)
select code, 'electricity', name_zh, name_en, date '2025-06-01', jsonb_build_object(
    'purchase', '0.40', 'other', '0.30',
    'multipliers', jsonb_build_object('sharp', peak, 'peak', peak, 'flat', '1', 'valley', '0.35'),
    'seasons', jsonb_build_array(
      jsonb_build_object('months', '[6,7,8,12,1,2]'::jsonb, 'slots',
        '[{"fromHour":14,"toHour":22,"band":"peak"},{"fromHour":6,"toHour":11,"band":"flat"},{"fromHour":13,"toHour":14,"band":"flat"},{"fromHour":22,"toHour":24,"band":"flat"},{"fromHour":0,"toHour":6,"band":"valley"},{"fromHour":11,"toHour":13,"band":"valley"}]'::jsonb),
      jsonb_build_object('months', '[3,4,5,9,10,11]'::jsonb, 'slots',
        '[{"fromHour":15,"toHour":22,"band":"peak"},{"fromHour":6,"toHour":10,"band":"flat"},{"fromHour":14,"toHour":15,"band":"flat"},{"fromHour":22,"toHour":2,"band":"flat"},{"fromHour":2,"toHour":6,"band":"valley"},{"fromHour":10,"toHour":14,"band":"valley"}]'::jsonb))),
  '苏发改价格发〔2025〕426号 (slots); prices are samples', true, timestamptz '2000-01-01', 'handbook'
from (values
  ('jiangsu-two-part', '江苏工商业两部制分时', 'Jiangsu commercial, two-part, time of use', '1.8'),
  ('jiangsu-single-100kva', '江苏工商业单一制分时（100千伏安及以上）', 'Jiangsu commercial, single-part from 100 kVA, time of use', '1.7'),
  ('jiangsu-single-small', '江苏工商业单一制分时（100千伏安以下）', 'Jiangsu commercial, single-part below 100 kVA, time of use', '1.6')
) as t(code, name_zh, name_en, peak);
