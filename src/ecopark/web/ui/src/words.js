// The few words the scripts say themselves, in the language of the page.
const WORDS = {
  close: ["关闭", "Close"],
  cannotReach: ["连接不上网站，请检查网络后重试。已填写的内容仍在本页。", "The site cannot be reached. Check the network and try again; what you typed is still here."],
  failed: ["操作没有完成（{code}）。请重试；仍不行请告知管理员。", "That did not work ({code}). Try again; if it stays so, tell the administrator."],
  forbidden: ["您没有权限做这一步。", "You may not do this."],
  gone: ["找不到这项内容，可能已被移动。", "This was not found; it may have been moved."],
  keptFound: ["上次（{when}）在此填写的内容没有保存成功。", "What you typed here at {when} was not saved."],
  restore: ["恢复", "Restore"],
  discard: ["放弃", "Discard"],
  tooLarge: ["“{name}”超过 {max} MB，请压缩或拆分后再上传。", "“{name}” is larger than {max} MB. Compress or split it first."],
  wrongKind: ["“{name}”不是可以接收的文件类型（{kinds}）。", "“{name}” is not of an accepted kind ({kinds})."],
  chart: ["图表", "Chart"],
  limit: ["标准值", "limit"],
  benchmark: ["引领值", "benchmark"],
  noWebgl: ["此浏览器不能显示地图，请使用下面的列表。", "This browser cannot draw the map. Please use the list below."],
  mapEmpty: ["还没有可显示的位置。", "There is nothing with a place yet."],
  mapFailed: ["地图数据没有取到（{code}）。", "The map data could not be fetched ({code})."],
  mapAway: ["没有网络，地图暂时不能显示。", "There is no connection: the map cannot be shown now."],
  open: ["打开", "Open"],
  tooMany: ["一次最多 {most} 张照片。", "{most} photographs at most."],
  locating: ["正在定位…", "Looking for your position…"],
  located: ["已定位，误差约 {metres} 米。", "Found, to about {metres} m."],
  noPosition: ["无法定位，请在地图上点选或写明地点。", "Your position is not known. Tap the map, or say where it is."],
  whereIsIt: ["请定位、在地图上点选，或写明地点。", "Use your position, tap the map, or say where it is."],
  badDegrees: ["经度、纬度填十进制度数，例如 120.5、31.3；或清空后在地图上点选。", "Longitude and latitude are decimal degrees, such as 120.5 and 31.3. Or empty them and tap the map."],
  noPicture: ["“{name}”不是可以打开的图片。", "“{name}” is no picture that can be opened."],
  takeOff: ["去掉", "Remove"],
  reportWaits: ["已存在本机，有信号时自动发送。", "Kept on this phone; it is sent once there is reception."],
  reportSignIn: ["登录已过期：已存在本机，登录后再打开本页即发送。", "Your session has ended. It is kept here and sent once you sign in and open this page."],
  reportSend: ["现在发送", "Send now"],
  reportMend: ["修改后重发", "Mend and send again"],
  reportDiscard: ["放弃这条上报？照片也会删除。", "Discard this report? Its photographs go too."],
};

export const zh = () => !document.documentElement.lang.startsWith("en");

export function say(key, parts = {}) {
  const text = WORDS[key][zh() ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");
}
