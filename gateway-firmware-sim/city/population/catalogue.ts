/** The city's divisions and institution types with their numbers (domain.md §3.7); codes by GB/T 2260. */

export interface CityDivision {
  code: string;
  parentCode: string | null;
  nameZh: string;
  nameEn: string;
  sortOrder: number;
}

interface DivisionFigures extends CityDivision {
  institutions: number;
  /** How names of its institutions begin. */
  prefixZh: string;
  prefixEn: string;
}

const division = (
  code: string,
  nameZh: string,
  nameEn: string,
  institutions: number,
  prefixZh: string,
  prefixEn: string,
): Omit<DivisionFigures, 'sortOrder'> => ({
  code,
  parentCode: code === '320400' ? null : '320400',
  nameZh,
  nameEn,
  institutions,
  prefixZh,
  prefixEn,
});

/** 1,960 institutions in all. 经开区 is a functional area without a GB/T 2260 code. */
export const DIVISIONS: readonly DivisionFigures[] = [
  division('320400', '市本级', 'Changzhou (city level)', 260, '常州市', 'Changzhou'),
  division('320402', '天宁区', 'Tianning', 190, '常州市天宁区', 'Changzhou Tianning'),
  division('320404', '钟楼区', 'Zhonglou', 160, '常州市钟楼区', 'Changzhou Zhonglou'),
  division('320411', '新北区', 'Xinbei', 220, '常州市新北区', 'Changzhou Xinbei'),
  division('320412', '武进区', 'Wujin', 380, '常州市武进区', 'Changzhou Wujin'),
  division('3204JK', '常州经开区', 'Changzhou Economic Development Zone', 90, '常州经开区', 'Changzhou EDZ'),
  division('320413', '金坛区', 'Jintan', 260, '常州市金坛区', 'Changzhou Jintan'),
  division('320481', '溧阳市', 'Liyang', 400, '溧阳市', 'Liyang'),
].map((item, index) => ({ ...item, sortOrder: index }));

export const TYPE_CODES = [
  'office',
  'service-centre',
  'hospital',
  'school',
  'university',
  'library',
  'police',
  'other-public',
  'association',
] as const;
export type TypeCode = (typeof TYPE_CODES)[number];

export interface InstitutionType {
  code: TypeCode;
  nameZh: string;
  nameEn: string;
  institutions: number;
  /** Range of electricity per area, kWh/(m²·a). */
  kwhPerM2: readonly [number, number];
  m2PerPerson: number;
}

/** Shares: 机关 38 % (office, service centre, police), 教育 34 %, 卫生 12 %, 文体 5 %, 其他事业 9 %, 团体 2 %. */
export const TYPES: readonly InstitutionType[] = [
  type('office', '党政机关', 'Government office', 597, [55, 95], 40),
  type('service-centre', '政务服务中心', 'Public service centre', 60, [80, 120], 45),
  type('hospital', '医疗卫生', 'Hospital and health', 235, [110, 190], 35),
  type('school', '中小学与幼儿园', 'School and kindergarten', 650, [18, 35], 12),
  type('university', '高等院校', 'University and college', 16, [40, 80], 25),
  type('library', '文化体育场馆', 'Library and venue', 98, [50, 110], 150),
  type('police', '公安应急', 'Police and emergency', 88, [70, 120], 45),
  type('other-public', '其他事业单位', 'Other public body', 176, [45, 90], 50),
  type('association', '团体组织', 'Association', 40, [35, 70], 50),
];

function type(
  code: TypeCode,
  nameZh: string,
  nameEn: string,
  institutions: number,
  kwhPerM2: readonly [number, number],
  m2PerPerson: number,
): InstitutionType {
  return { code, nameZh, nameEn, institutions, kwhPerM2, m2PerPerson };
}

/** The type with this code; codes are a closed list, so there always is one. */
export function typeByCode(code: TypeCode): InstitutionType {
  const found = TYPES.find((candidate) => candidate.code === code);
  if (!found) throw new Error(`catalogue.ts: type ${code} is missing`);
  return found;
}
