"""The industries of the invented park: sixty classes of GB/T 4754-2017 and how each of them uses resources.

The classes are real codes of the national classification; everything numeric is invented and only relative: the park
is scaled to its own totals afterwards (see `paths.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecopark.core.text import Text

GROUPS: tuple[tuple[str, Text, str], ...] = (
    ("G01", Text("生命健康产业区", "Life and health district"), "industry"),
    ("G02", Text("电子信息产业区", "Electronics district"), "industry"),
    ("G03", Text("智能装备产业区", "Smart equipment district"), "industry"),
    ("G04", Text("新能源与汽车产业区", "New energy and vehicles district"), "industry"),
    ("G05", Text("科创服务区", "Research services district"), "innovation"),
    ("G06", Text("总部商务区", "Headquarters and business district"), "innovation"),
    ("G07", Text("物流服务区", "Logistics services district"), "innovation"),
    ("G08", Text("循环经济园", "Circular economy park"), "special"),
    ("G09", Text("新材料园", "New materials park"), "special"),
    ("G10", Text("未来产业园", "Future industries park"), "special"),
)
"""The ten functional groups: four industry districts, three innovation-service districts, three special parks."""

CHIP_CODE = "3973"
CHIP_GROUP = "G02"


@dataclass(frozen=True, slots=True)
class Industry:
    """One class of industry in one functional group.

    Parameters
    ----------
    code, name, short
        GB/T 4754-2017 class, its name, and the word used in invented firm names.
    group
        Functional group in which firms of this class settle.
    size
        Typical value added of a firm, relative.
    va_share
        Value added in gross output. [%]
    power, heat, gas, water, waste, hazardous, air
        Use or generation per value added, relative (10 is about the mean).
    hightech, green, recycling
        Counts as high-tech industry, green industry, resource recycling.
    """

    code: str
    name: Text
    short: str
    group: str
    size: int
    va_share: int
    power: int
    heat: int
    gas: int
    water: int
    waste: int
    hazardous: int
    air: int
    hightech: bool = False
    green: bool = False
    recycling: bool = False

    @property
    def industrial(self) -> bool:
        """Whether it belongs to industry (sections B to D) in the sense of the statistics."""
        return 6 <= int(self.code[:2]) <= 46


# code, name, English name, short, group, size, va, power, heat, gas, water, waste, hazardous, air, flags
_TABLE = """
2710|化学药品原料药制造|Bulk chemical drugs|原料药|G01|14|32|14|30|12|22|14|40|16|h
2720|化学药品制剂制造|Chemical drug preparations|制药|G01|20|38|8|14|8|10|6|12|6|h
2740|中成药生产|Chinese patent medicines|中药|G01|10|36|7|22|9|14|20|4|6|
2761|生物药品制造|Biological drugs|生物|G01|18|44|9|12|8|12|4|10|4|h
2762|基因工程药物和疫苗制造|Genetic drugs and vaccines|疫苗|G01|16|46|9|12|8|11|4|12|4|h
2770|卫生材料及医药用品制造|Sanitary materials|卫材|G01|6|26|8|8|6|7|8|2|4|
3581|医疗诊断、监护及治疗设备制造|Diagnostic equipment|医疗设备|G01|10|40|5|3|3|4|3|2|2|h
3584|医疗、外科及兽医用器械制造|Surgical instruments|医疗器械|G01|7|38|5|3|3|4|4|2|2|h
1491|营养食品制造|Nutritional foods|营养食品|G01|6|28|7|16|10|15|12|1|5|
3973|集成电路制造|Integrated circuits|微电子|G02|16|40|20|6|6|18|6|20|8|h
3974|显示器件制造|Display devices|显示|G02|20|28|18|6|6|14|6|14|6|h
3976|光电子器件制造|Optoelectronic devices|光电|G02|12|32|13|4|5|9|5|10|4|h
3981|电阻电容电感元件制造|Resistors and capacitors|元件|G02|8|30|12|4|5|9|6|10|4|h
3982|电子电路制造|Electronic circuits|电路|G02|9|26|14|8|6|18|8|34|8|h
3983|敏感元件及传感器制造|Sensors|传感|G02|8|36|8|3|4|6|4|6|3|h
3985|电子专用材料制造|Electronic materials|电子材料|G02|10|28|14|8|8|12|8|18|8|h
3921|通信系统设备制造|Communication systems|通信|G02|16|30|5|2|3|3|3|2|2|h
3562|半导体器件专用设备制造|Semiconductor equipment|半导体装备|G02|14|38|6|2|3|4|3|4|2|h
3491|工业机器人制造|Industrial robots|机器人|G03|14|32|6|2|4|3|4|3|3|h
3421|金属切削机床制造|Metal-cutting machine tools|机床|G03|12|28|9|2|6|4|12|6|5|
3444|液压动力机械及元件制造|Hydraulic machinery|液压|G03|10|28|9|3|7|4|10|6|5|
3451|滚动轴承制造|Rolling bearings|轴承|G03|9|26|12|3|9|5|12|8|6|
3525|模具制造|Moulds|模具|G03|6|30|10|1|5|3|10|5|4|
3484|机械零部件加工|Machine parts|零部件|G03|5|26|11|2|7|4|14|6|5|
3360|金属表面处理及热处理加工|Metal surface treatment|表面处理|G03|4|26|16|12|18|22|12|40|18|
4011|工业自动控制系统装置制造|Industrial control systems|自控|G03|11|36|4|1|2|2|2|2|2|h
4028|电子测量仪器制造|Electronic measuring instruments|仪器|G03|9|40|4|1|2|2|2|2|2|h
4014|实验分析仪器制造|Laboratory instruments|分析仪器|G03|8|40|4|1|2|2|2|2|2|h
3596|交通安全、管制及类似专用设备制造|Traffic safety equipment|交通设备|G03|6|30|5|1|3|3|4|2|2|
3311|金属结构制造|Metal structures|钢构|G03|7|22|9|1|9|3|16|6|8|
3612|新能源车整车制造|New-energy vehicles|新能源汽车|G04|34|20|7|4|10|5|8|6|7|hg
3670|汽车零部件及配件制造|Vehicle parts|汽车部件|G04|12|24|9|3|9|5|10|5|6|
3841|锂离子电池制造|Lithium-ion batteries|电池|G04|20|24|14|6|6|6|7|12|4|hg
3824|电力电子元器件制造|Power electronics|电力电子|G04|10|30|7|2|3|4|4|4|2|hg
3825|光伏设备及元器件制造|Photovoltaic equipment|光伏|G04|14|22|12|4|5|9|7|10|4|hg
3823|配电开关控制设备制造|Switchgear|电气|G04|9|26|5|1|3|2|5|2|2|g
3831|电线、电缆制造|Wires and cables|线缆|G04|9|16|9|2|5|4|8|3|4|
2929|塑料零件及其他塑料制品制造|Plastic parts|塑料件|G04|5|22|13|3|4|4|8|4|6|
6513|应用软件开发|Application software|软件|G05|6|50|2|1|1|1|0|0|0|
7320|工程和技术研究和试验发展|Engineering research|技术研究|G05|5|50|3|2|1|2|0|0|0|
7340|医学研究和试验发展|Medical research|医学研究|G05|5|50|3|2|1|2|0|0|0|
7515|新能源技术推广服务|New-energy technology services|能源技术|G05|4|50|2|1|1|1|0|0|0|
7211|企业总部管理|Headquarters management|控股|G06|8|50|2|2|1|1|0|0|0|
6540|运行维护服务|Operation and maintenance services|运维|G06|4|50|3|1|1|1|0|0|0|
7483|工程勘察活动|Engineering surveys|勘察|G06|3|50|1|1|1|1|0|0|0|
5920|通用仓储|General warehousing|仓储|G07|4|45|4|1|1|1|0|0|0|
5990|其他仓储业|Other warehousing|供应链|G07|4|45|4|1|1|1|0|0|0|
2319|包装装潢及其他印刷|Packaging printing|印刷包装|G07|5|26|8|2|5|3|10|8|8|
2231|纸和纸板容器制造|Paper containers|纸品|G07|5|22|8|10|7|6|12|2|5|
4210|金属废料和碎屑加工处理|Metal scrap processing|金属再生|G08|10|18|10|2|8|4|18|6|8|gr
4220|非金属废料和碎屑加工处理|Non-metal scrap processing|资源再生|G08|8|20|9|3|6|6|20|6|6|gr
4620|污水处理及其再生利用|Sewage treatment and reuse|水务|G08|8|40|18|1|1|2|20|2|3|gr
4430|热力生产和供应|Heat supply|热力|G08|12|30|8|0|60|14|6|1|30|g
2661|化学试剂和助剂制造|Chemical reagents|试剂|G09|9|26|11|18|12|10|8|22|12|
2662|专项化学用品制造|Special chemicals|化学品|G09|11|26|11|18|12|10|8|22|12|
2659|其他合成材料制造|Synthetic materials|合成材料|G09|12|24|14|22|14|9|7|16|12|
3062|玻璃纤维增强塑料制品制造|Glass-fibre plastics|复合材料|G09|8|26|11|6|9|5|14|6|8|
3042|特种玻璃制造|Special glass|特种玻璃|G09|10|28|14|2|30|6|12|3|20|
3252|铝压延加工|Rolled aluminium|铝材|G09|12|18|14|3|20|5|12|8|12|
3963|智能无人飞行器制造|Unmanned aircraft|无人机|G10|12|36|4|1|2|2|3|2|2|h
3492|特殊作业机器人制造|Special robots|特种机器人|G10|10|36|4|1|2|2|3|2|2|h
3979|其他电子器件制造|Other electronic devices|量子器件|G10|8|38|7|2|3|4|3|4|2|h
3940|雷达及配套设备制造|Radar equipment|雷达|G10|10|36|5|1|2|2|3|2|2|h
"""


def _read(line: str) -> Industry:
    code, zh, en, short, group, *numbers, flags = line.split("|")
    size, va_share, power, heat, gas, water, waste, hazardous, air = (int(n) for n in numbers)
    return Industry(
        code=code,
        name=Text(zh, en),
        short=short,
        group=group,
        size=size,
        va_share=va_share,
        power=power,
        heat=heat,
        gas=gas,
        water=water,
        waste=waste,
        hazardous=hazardous,
        air=air,
        hightech="h" in flags,
        green="g" in flags,
        recycling="r" in flags,
    )


INDUSTRIES: tuple[Industry, ...] = tuple(_read(line) for line in _TABLE.split("\n") if line)
"""All classes that occur in the invented park."""

FIRST_WORDS = "澄恒博启嘉宏云安星润华聚天广致合卓兆同金远瑞景泽谷青晟桐禾川"
SECOND_WORDS = "达科信源通能辰越凌峰佳盛正凯联硕立众翔思拓普康宁鼎易图纳维诚"
