import type { TypeCode } from './catalogue.ts';

/** What institutions are called: after the division ("…财政局") and after a town ("…湖塘镇中心小学"). `中文:English`. */
interface Nouns {
  ofDivision: readonly string[];
  ofTown: readonly string[];
  /** Numbered without end when the names above are used up: 第七小学, No.7 Primary School. */
  numbered: string;
}

const words = (text: string): string[] => text.trim().split(/\s*\n\s*/);

const OFFICE = words(`
  人民政府办公室:Government Office
  财政局:Finance Bureau
  教育局:Education Bureau
  发展和改革委员会:Development and Reform Commission
  科学技术局:Science and Technology Bureau
  工业和信息化局:Industry and Information Bureau
  民政局:Civil Affairs Bureau
  司法局:Justice Bureau
  人力资源和社会保障局:Human Resources Bureau
  自然资源和规划局:Natural Resources Bureau
  生态环境局:Ecology and Environment Bureau
  住房和城乡建设局:Housing and Construction Bureau
  城市管理局:Urban Management Bureau
  交通运输局:Transport Bureau
  水利局:Water Bureau
  农业农村局:Agriculture Bureau
  商务局:Commerce Bureau
  文化广电和旅游局:Culture and Tourism Bureau
  卫生健康委员会:Health Commission
  退役军人事务局:Veterans Affairs Bureau
  应急管理局:Emergency Management Bureau
  审计局:Audit Bureau
  行政审批局:Administrative Approval Bureau
  市场监督管理局:Market Supervision Bureau
  体育局:Sports Bureau
  统计局:Statistics Bureau
  医疗保障局:Healthcare Security Bureau
  信访局:Petitions Bureau
  机关事务管理局:Government Offices Administration
  税务局:Tax Bureau
  人民法院:People's Court
  人民检察院:People's Procuratorate
  档案馆:Archives
  粮食和物资储备局:Grain Reserves Bureau
  园林绿化管理局:Parks Bureau
  大数据管理局:Data Bureau`);

export const NOUNS: Readonly<Record<TypeCode, Nouns>> = {
  office: {
    ofDivision: OFFICE,
    ofTown: words(`
      行政中心:Administrative Centre
      综合行政执法局:Law Enforcement Office
      社会事业局:Social Affairs Office
      经济发展局:Economic Development Office
      建设管理局:Construction Office`),
    numbered: '机关办公区:Government Compound',
  },
  'service-centre': {
    ofDivision: words(
      '政务服务中心:Public Service Centre\n不动产登记中心:Property Registration Centre\n社会保险服务中心:Social Insurance Centre',
    ),
    ofTown: ['便民服务中心:Citizen Service Centre'],
    numbered: '政务服务分中心:Public Service Branch',
  },
  hospital: {
    ofDivision: words(`
      人民医院:People's Hospital
      中医医院:Hospital of Chinese Medicine
      妇幼保健院:Maternity and Child Hospital
      疾病预防控制中心:Centre for Disease Control
      急救医疗中心:Emergency Medical Centre
      精神卫生中心:Mental Health Centre
      口腔医院:Stomatological Hospital`),
    ofTown: words('社区卫生服务中心:Community Health Centre\n卫生院:Health Centre'),
    numbered: '社区卫生服务站:Community Health Station',
  },
  school: {
    ofDivision: words(`
      高级中学:Senior High School
      实验中学:Experimental Middle School
      实验小学:Experimental Primary School
      实验幼儿园:Experimental Kindergarten
      外国语学校:Foreign Language School
      特殊教育学校:Special Education School
      中等专业学校:Secondary Vocational School`),
    ofTown: words(`
      中心小学:Central Primary School
      初级中学:Junior Middle School
      中心幼儿园:Central Kindergarten
      第二小学:No.2 Primary School
      第二幼儿园:No.2 Kindergarten
      第三小学:No.3 Primary School
      第三幼儿园:No.3 Kindergarten
      第二中学:No.2 Middle School`),
    numbered: '中学:Middle School',
  },
  university: {
    ofDivision: words(
      '开放大学:Open University\n职业技术学院:Vocational and Technical College\n卫生职业学院:Health Vocational College',
    ),
    ofTown: [],
    numbered: '职业学院:Vocational College',
  },
  library: {
    ofDivision: words(
      '图书馆:Library\n文化馆:Cultural Centre\n博物馆:Museum\n体育中心:Sports Centre\n科技馆:Science Museum\n美术馆:Art Museum',
    ),
    ofTown: ['文体中心:Culture and Sports Centre'],
    numbered: '文化分馆:Cultural Branch',
  },
  police: {
    ofDivision: words(
      '公安局:Public Security Bureau\n交通警察大队:Traffic Police\n消防救援大队:Fire and Rescue Brigade',
    ),
    ofTown: ['派出所:Police Station'],
    numbered: '消防救援站:Fire Station',
  },
  'other-public': {
    ofDivision: words(`
      公共资源交易中心:Public Resources Trading Centre
      气象局:Meteorological Office
      环境监测站:Environmental Monitoring Station
      农业技术推广中心:Agricultural Extension Centre
      人才服务中心:Talent Service Centre
      救助管理站:Relief Station
      公路事业发展中心:Highway Centre`),
    ofTown: words('水利站:Water Station\n农业服务中心:Agricultural Service Centre'),
    numbered: '事业单位综合楼:Public Bodies Building',
  },
  association: {
    ofDivision: words(`
      总工会:Trade Union Federation
      妇女联合会:Women's Federation
      残疾人联合会:Disabled Persons' Federation
      红十字会:Red Cross
      科学技术协会:Association for Science and Technology
      工商业联合会:Federation of Industry and Commerce`),
    ofTown: [],
    numbered: '群团服务中心:Associations Centre',
  },
};
