/** Towns (镇) and streets (街道) of each division, for names that sound right. The city level has none. */
export interface Town {
  zh: string;
  en: string;
}

const towns = (list: string): Town[] =>
  list.split(' ').map((item) => {
    const [zh = '', en = ''] = item.split(':');
    return { zh, en };
  });

export const TOWNS: Readonly<Record<string, readonly Town[]>> = {
  '320400': [],
  '320402': towns(
    '雕庄街道:Diaozhuang 青龙街道:Qinglong 茶山街道:Chashan 红梅街道:Hongmei 兰陵街道:Lanling 天宁街道:Tianning 郑陆镇:Zhenglu',
  ),
  '320404': towns(
    '五星街道:Wuxing 永红街道:Yonghong 北港街道:Beigang 西林街道:Xilin 南大街街道:Nandajie 荷花池街道:Hehuachi 新闸街道:Xinzha 邹区镇:Zouqu',
  ),
  '320411': towns(
    '河海街道:Hehai 三井街道:Sanjing 龙虎塘街道:Longhutang 新桥街道:Xinqiao 薛家镇:Xuejia 罗溪镇:Luoxi 西夏墅镇:Xixiashu 孟河镇:Menghe 奔牛镇:Benniu 春江街道:Chunjiang',
  ),
  '320412': towns(
    '湖塘镇:Hutang 牛塘镇:Niutang 洛阳镇:Luoyang 礼嘉镇:Lijia 雪堰镇:Xueyan 前黄镇:Qianhuang 湟里镇:Huangli 嘉泽镇:Jiaze 西湖街道:Xihu 南夏墅街道:Nanxiashu',
  ),
  '3204JK': towns(
    '横林镇:Henglin 遥观镇:Yaoguan 横山桥镇:Hengshanqiao 潞城街道:Lucheng 丁堰街道:Dingyan 戚墅堰街道:Qishuyan',
  ),
  '320413': towns(
    '西城街道:Xicheng 东城街道:Dongcheng 尧塘街道:Yaotang 金城镇:Jincheng 薛埠镇:Xuebu 直溪镇:Zhixi 朱林镇:Zhulin 指前镇:Zhiqian 儒林镇:Rulin',
  ),
  '320481': towns(
    '溧城街道:Licheng 昆仑街道:Kunlun 古县街道:Guxian 天目湖镇:Tianmuhu 埭头镇:Daitou 上黄镇:Shanghuang 戴埠镇:Daibu 别桥镇:Bieqiao 竹箦镇:Zhuze 上兴镇:Shangxing 南渡镇:Nandu 社渚镇:Shezhu',
  ),
};
