"""What people report and how a civil servant writes it down.

Each topic: its weight, the months in which it is more frequent (factor), its title, and what was
found. ``{place}`` is filled with the address.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Topic:
    """One thing that people report; ``months`` multiplies its weight in those months."""

    weight: float
    title: str
    finding: str
    months: dict[int, float] = field(default_factory=dict)


_SUMMER = {6: 1.8, 7: 2.4, 8: 2.2, 9: 1.3}
_WINTER = {11: 5.0, 12: 6.0, 1: 7.0, 2: 4.5, 3: 1.6}
_RAIN = {6: 2.0, 7: 7.0, 8: 4.0, 9: 1.5}

TOPICS: dict[str, tuple[Topic, ...]] = {
    "environment": (
        Topic(
            9, "生活垃圾满溢未清运", "{place}垃圾桶满溢多日未清运，异味明显，影响居民出行", _SUMMER
        ),
        Topic(6, "楼道堆放杂物", "{place}楼道内堆放纸箱、旧家具等杂物，占用公共通道"),
        Topic(5, "占道经营污染路面", "{place}有流动商贩占道经营，收摊后油污、菜叶未清理", _SUMMER),
        Topic(4, "绿化带破损裸露", "{place}绿化带被踩踏破坏，黄土裸露，下雨后泥泞"),
        Topic(4, "宠物粪便无人清理", "{place}附近遛犬不清理粪便，卫生状况较差"),
        Topic(3, "建筑垃圾乱倒", "{place}有装修垃圾偷倒在路边，占用人行道"),
        Topic(3, "小广告乱张贴", "{place}单元门和楼道墙面小广告较多，影响环境"),
        Topic(3, "露天烧烤油烟扰民", "{place}有露天烧烤，油烟较大，居民不敢开窗", _SUMMER),
        Topic(
            2, "落叶堆积", "{place}落叶堆积未及时清扫，堵塞雨水箅子", {10: 3.0, 11: 5.0, 12: 2.0}
        ),
        Topic(
            1.5,
            "积雪结冰未清理",
            "{place}背阴处积雪结冰，行人易滑倒",
            {12: 3.0, 1: 7.0, 2: 3.0, 7: 0.0, 6: 0.0, 8: 0.0, 5: 0.0, 9: 0.0, 4: 0.0, 10: 0.0},
        ),
    ),
    "property": (
        Topic(8, "物业服务不到位", "{place}物业保洁、保安人员减少，报修多次无人上门"),
        Topic(
            7,
            "暖气不热",
            "{place}供暖后室内温度不足18℃，多次反映未解决",
            _WINTER | {4: 0.15, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, 10: 0.5},
        ),
        Topic(6, "电梯频繁故障", "{place}电梯近期多次停运，老人上下楼困难"),
        Topic(4, "物业费收缴争议", "{place}业主对物业收费标准和公共收益公示有异议"),
        Topic(4, "屋面漏雨", "{place}顶楼屋面渗漏，室内墙皮脱落，要求动用维修资金", _RAIN),
        Topic(3, "单元门损坏", "{place}单元门门禁损坏，外来人员可随意进出"),
        Topic(3, "二次供水水压不足", "{place}高层住户用水高峰期水压不足", _SUMMER),
        Topic(2, "业委会换届问题", "{place}业主要求依规启动业主委员会换届"),
    ),
    "noise": (
        Topic(
            7, "广场舞音响扰民", "{place}附近晚间广场舞音响音量大，影响学生学习和居民休息", _SUMMER
        ),
        Topic(6, "夜间施工噪音", "{place}周边工地夜间施工，噪音大，居民无法休息"),
        Topic(6, "邻居装修噪音", "{place}有住户在休息时间装修，电钻声扰民"),
        Topic(5, "商铺高音喇叭", "{place}沿街商铺使用高音喇叭叫卖"),
        Topic(4, "夜市喧哗", "{place}附近饭店、夜市食客深夜喧哗", _SUMMER),
        Topic(3, "空调外机噪音", "{place}楼下商户空调外机噪音大", _SUMMER),
        Topic(2, "犬吠扰民", "{place}有住户饲养犬只，夜间长时间犬吠"),
    ),
    "parking": (
        Topic(9, "机动车占用消防通道", "{place}有机动车长时间停放在消防通道上"),
        Topic(7, "小区内乱停车", "{place}车辆乱停乱放，堵塞内部道路，出行不便"),
        Topic(5, "占用人行道停车", "{place}人行道被机动车占用，行人只能走机动车道"),
        Topic(4, "电动自行车乱停放", "{place}电动自行车随意停放在楼栋出入口"),
        Topic(
            4,
            "上下学时段交通拥堵",
            "{place}上下学时段接送车辆集中，道路拥堵",
            {7: 0.1, 8: 0.1, 1: 0.5, 2: 0.4},
        ),
        Topic(3, "僵尸车占位", "{place}有多年不动的车辆占用公共车位"),
        Topic(2, "私装地锁", "{place}有人私自安装地锁，占用公共车位"),
    ),
    "facilities": (
        Topic(7, "路灯不亮", "{place}路灯多盏不亮，夜间出行不安全", {11: 1.5, 12: 1.6, 1: 1.5}),
        Topic(6, "路面积水", "{place}雨后路面积水严重，车辆行人无法通行", _RAIN),
        Topic(6, "下水道堵塞返水", "{place}下水管道堵塞，污水外溢", _RAIN),
        Topic(5, "路面破损", "{place}路面破损坑洼，存在安全隐患"),
        Topic(4, "井盖损坏", "{place}井盖破损松动，车辆经过有异响"),
        Topic(3, "健身器材损坏", "{place}健身器材损坏未维修"),
        Topic(3, "自来水管道漏水", "{place}地下水管漏水，路面持续冒水", {12: 1.5, 1: 2.5, 2: 1.8}),
        Topic(2, "充电桩故障", "{place}电动自行车充电桩长期故障无法使用"),
    ),
    "safety": (
        Topic(8, "电动车进楼入户充电", "{place}有住户将电动自行车推入楼内充电，飞线充电"),
        Topic(5, "消防设施缺失", "{place}消防栓无水、灭火器过期"),
        Topic(4, "外墙脱落", "{place}外墙皮脱落，存在砸伤行人隐患"),
        Topic(3, "燃气异味", "{place}楼道内有疑似燃气异味"),
        Topic(3, "树木倾倒隐患", "{place}树木倾斜、枯枝较多，大风天易坠落", _RAIN),
        Topic(2, "高空抛物", "{place}多次发生高空抛物"),
    ),
    "dispute": (
        Topic(6, "邻里漏水纠纷", "{place}上下楼因漏水赔偿协商不成，请求调解"),
        Topic(5, "邻里公共空间纠纷", "{place}两户因楼道公共空间使用发生争执"),
        Topic(3, "拖欠工资", "{place}有务工人员反映工资被拖欠", {12: 2.0, 1: 4.0, 2: 1.5}),
        Topic(3, "消费预付卡纠纷", "{place}健身房关门，预付卡余额无法退还"),
        Topic(3, "家庭矛盾", "{place}有家庭矛盾，需社区介入调解"),
        Topic(2, "房屋租赁纠纷", "{place}房东与租户因押金退还产生纠纷"),
    ),
    "other": (
        Topic(4, "政策咨询", "{place}居民咨询老旧小区改造政策"),
        Topic(3, "加装电梯诉求", "{place}居民希望加装电梯，咨询办理流程"),
        Topic(3, "养老服务需求", "{place}独居老人需要助餐、助洁服务"),
        Topic(2, "表扬感谢", "{place}居民对网格员帮助表示感谢"),
        Topic(2, "违章搭建", "{place}一楼住户私搭乱建"),
    ),
}

LEADS: dict[str, tuple[str, ...]] = {
    "hotline": ("市民来电反映：", "来电人反映：", "市民通过12345热线反映：", "市民来电称，"),
    "snap": ("市民通过随手拍上报：", "随手拍反映："),
    "patrol": ("网格员巡查发现：", "巡查中发现，"),
    "visit": ("入户走访时居民反映：", "走访中了解到，"),
    "secretary_line": ("居民通过书记直通车反映：", "群众向社区书记反映："),
    "meeting": ("居民议事会上提出：", "议事日征集意见："),
    "rider": ("骑手上报线索：", "快递小哥反映："),
}
ENDS: tuple[str, ...] = (
    "，请相关部门尽快处理。", "，希望协调解决。", "，请核实处理并回复。", "，请属地街道核查。",
    "，要求尽快整改。", "，请督促责任单位办理。",
)  # fmt: skip
REPEATS: tuple[str, ...] = (
    "", "", "", "", "该问题此前已反映过。", "近一周内多户反映同一问题。", "来电人希望得到回复。",
)  # fmt: skip
