/**
 * Every error a person or a machine can be told, in one table: code, HTTP status, whether to try again, and both titles.
 *
 * `GanzhiError` carries a code of this table and a detail that names the field and the remedy. Problem documents,
 * acknowledgements, quarantine reasons and command-line messages all use these codes.
 */
const error = (status: number, retry: boolean, zh: string, en: string) => ({ status, retry, zh, en });

export const ERRORS = {
  // requests
  'invalid-request': error(400, false, '请求内容有误', 'The request is not valid'),
  'not-authenticated': error(401, false, '请先登录', 'Log in first'),
  'wrong-credentials': error(401, false, '用户名或密码错误', 'Wrong user name or password'),
  'csrf-failed': error(
    403,
    false,
    '请求未通过来源校验，请刷新页面',
    'The request lacks its CSRF token; reload the page',
  ),
  'password-expired': error(403, false, '请先修改密码', 'Change the password first'),
  'second-factor-missing': error(403, false, '请先绑定双因素登录', 'Set up the second factor first'),
  'second-factor-required': error(401, false, '请输入动态验证码', 'Enter the code of the second factor'),
  'stale-version': error(
    412,
    false,
    '数据已被他人修改，请刷新后重试',
    'Changed by somebody else meanwhile; read it again',
  ),
  forbidden: error(403, false, '没有权限', 'Not permitted'),
  'not-found': error(404, false, '未找到', 'Not found'),
  conflict: error(409, false, '与现有数据冲突', 'Conflicts with existing data'),
  'too-large': error(413, false, '内容过大', 'Too large'),
  'too-many-requests': error(429, true, '请求过于频繁，请稍后再试', 'Too many requests; try again later'),
  internal: error(500, true, '服务器内部错误', 'Internal error'),
  unavailable: error(503, true, '服务暂不可用，请稍后再试', 'Unavailable; try again shortly'),
  // readings: reasons of quarantine
  'unknown-gateway': error(422, false, '未登记的网关', 'The gateway is not in the registry'),
  'unknown-meter': error(422, false, '未登记的计量表', 'The meter is not in the registry'),
  'foreign-meter': error(422, false, '该表不属于此网关', 'The meter belongs to another gateway'),
  'unknown-point': error(422, false, '未登记的采集点', 'The meter has no such point'),
  'invalid-value': error(422, false, '数值无效', 'The value is not a finite decimal number in range'),
  'invalid-time': error(422, false, '时间无效', 'The time is impossible (before 2000 or not a whole millisecond)'),
  'future-time': error(422, false, '时间超前', 'The time lies more than five minutes ahead of the server'),
  'clock-unset': error(422, false, '网关时钟未校准', "The gateway's clock was never set and the time cannot be told"),
  'no-birth': error(422, false, '收到出生报文之前的数据', 'Data of a metric that no birth message named'),
  'invalid-payload': error(422, false, '报文无法解析', 'The message cannot be parsed'),
  'simulated-time-refused': error(422, false, '生产模式拒绝模拟时间', 'Simulated time is refused in production mode'),
  // remote care of gateways
  'enrolment-refused': error(403, false, '接入申请已被拒绝', 'The enrolment was refused'),
  'enrolment-closed': error(409, false, '接入申请已完成', 'The enrolment is closed'),
  'command-expired': error(504, false, '命令已过期', 'The command expired before it was obeyed'),
  'command-unknown': error(422, false, '网关不支持此命令', 'The gateway does not know this command'),
  'command-failed': error(500, true, '命令执行失败', 'The command failed'),
  'signature-invalid': error(422, false, '签名无效', 'The signature is not valid'),
  'image-invalid': error(422, false, '固件映像无效', 'The firmware image is not what was signed'),
  // start-up
  'config-invalid': error(500, false, '配置有误', 'The configuration is not valid'),
  'port-taken': error(500, false, '端口已被占用', 'The port is taken'),
  'no-permission': error(500, false, '没有写入权限', 'No permission to write'),
  'database-unreachable': error(503, true, '无法连接数据库', 'The database cannot be reached'),
  'database-too-old': error(500, false, '数据库版本过低', 'The database is too old'),
  'database-corrupt': error(500, false, '数据目录损坏', 'The data directory is damaged'),
  'database-behind': error(503, false, '数据库结构尚未升级', 'The database is not migrated to this version'),
  // field side: codes of read failures
  'read-timeout': error(504, true, '抄表超时', 'The meter did not answer in time'),
  'read-refused': error(502, true, '表计拒绝读取', 'The meter answered with an exception'),
  'read-garbage': error(502, true, '表计应答异常', 'The meter answered with something else'),
  'read-disconnected': error(503, true, '与表计的连接断开', 'The connection to the meter is down'),
  // field side: why the bytes of a frame are not believed
  'frame-hex': error(422, false, '不是十六进制数', 'Not hexadecimal'),
  'frame-empty': error(422, false, '报文为空', 'The frame is empty'),
  'frame-short': error(422, false, '报文不完整', 'The frame ends too early'),
  'frame-long': error(422, false, '报文之后还有多余字节', 'More bytes than one frame'),
  'frame-start': error(422, false, '起始符有误', 'The frame does not start as the protocol demands'),
  'frame-length': error(422, false, '长度字节有误', 'The length byte is impossible'),
  'frame-checksum': error(422, false, '校验码错误', 'The checksum is wrong'),
  'frame-end': error(422, false, '结束符有误', 'The frame does not end as the protocol demands'),
  'frame-content': error(
    422,
    false,
    '数据域与控制码或标识不符',
    'The contents do not fit the control code or identifier',
  ),
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A field of the input that is wrong: where, what, and what would be right. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** The one error class of the project; `detail` names the thing and the remedy and is safe to show. */
export class GanzhiError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];

  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; fields?: readonly FieldError[] } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GanzhiError';
    this.code = code;
    this.fields = options.fields ?? [];
  }
}
