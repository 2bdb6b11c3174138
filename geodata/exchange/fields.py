"""What each layer takes from a file: its fields, and the words that files use for them."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geodata.errors import NotFound
from geodata.words import sentence as _
from geodata.words import translate

Sort = Literal[
    "text", "code", "count", "whole", "number", "yes_no", "direction", "time", "term", "list"
]  # fmt: skip
Shape = Literal["polygon", "line", "point"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a layer.

    ``words`` are column names that mean it, compared without case, spaces and signs; ``terms``
    names the profile's list whose words its values are; ``personal`` marks what only some see.
    """

    name: str
    sort: Sort
    words: tuple[str, ...]
    terms: str | None = None
    personal: bool = False


def _field(
    name: str, sort: Sort, words: str, *, terms: str | None = None, personal: bool = False
) -> Field:
    return Field(name, sort, tuple(words.split()), terms, personal)


_NAME = "name 名称 名字 nm title label xm mc"
_HOUSEHOLDS = _field(
    "households", "count", "households 户数 总户数 住户数 居民户数 常住户数 household hh hu"
)
_RESIDENTS = _field(
    "residents", "count", "residents 人口 人口数 总人口 常住人口 居民数 人数 population pop totpop"
)
_AREA = _field(
    "area_code", "code", "area_code 社区编码 社区代码 所属社区编码 所属社区代码 community_code"
)

LAYER_FIELDS: dict[str, tuple[Field, ...]] = {
    "areas": (
        _field(
            "code", "code", "code 编码 代码 区划代码 行政区划代码 社区编码 社区代码 adcode gbcode"
        ),
        _field(
            "name",
            "text",
            _NAME + " 社区名称 街道名称 区县名称 行政区名称 社区 community district county",
        ),
        _field("level", "term", "level 级别 层级 行政级别", terms="levels"),
        _field(
            "parent_code",
            "code",
            "parent_code parent parent_cod 上级编码 上级代码 父级编码 所属街道编码",
        ),
        _HOUSEHOLDS,
        _RESIDENTS,
    ),
    "grids": (
        _field(
            "code", "code", "code 编码 代码 网格编码 网格代码 网格编号 grid_code gridcode gridid"
        ),
        _field("name", "text", _NAME + " 网格名称 网格名 网格"),
        _AREA,
        _HOUSEHOLDS,
        _RESIDENTS,
    ),
    "compounds": (
        _field("code", "code", "code 编码 代码 小区编码 小区代码 小区编号 compound_code"),
        _field("name", "text", _NAME + " 小区名称 小区名 小区 楼盘名称 compound estate"),
        _AREA,
        _field(
            "type", "term", "type 类型 小区类型 小区类别 类别 性质 kind", terms="compound_types"
        ),
        _field("closed", "yes_no", "closed 封闭 是否封闭 封闭小区 是否封闭小区 封闭管理 gated"),
        _field(
            "property_firm",
            "text",
            "property_firm prop_firm 物业公司 物业 物业企业 物业服务企业 "
            "物业单位 物业名称 property",
        ),
        _HOUSEHOLDS,
        _RESIDENTS,
    ),
    "buildings": (
        _field(
            "code", "code", "code 编码 代码 楼栋编码 楼栋编号 建筑编码 building_code osm_id osmid"
        ),
        _field("name", "text", _NAME + " 楼栋名称 楼名 楼号 楼栋号 楼栋 建筑名称"),
        _field("compound_code", "code", "compound_code comp_code 小区编码 小区代码 所属小区编码"),
        _AREA,
        _field("use", "text", "use 用途 建筑用途 性质 类型 building usage"),
        _field("floors", "count", "floors 层数 楼层数 楼层 地上层数 building:levels"),
        _field("entrances", "count", "entrances 单元数 单元 入口数"),
        _HOUSEHOLDS,
        _RESIDENTS,
        _field("elderly", "count", "elderly 老年人 老人数 老年人口 60岁以上 65岁以上"),
    ),
    "facilities": (
        _field("code", "code", "code 编码 代码 设施编码 站点编码 osm_id osmid"),
        _field("name", "text", _NAME + " 设施名称 站点名称 驿站名称 场所名称"),
        _AREA,
        _field(
            "kind",
            "term",
            "kind 类型 类别 设施类型 设施类别 站点类型 type amenity",
            terms="facility_kinds",
        ),
        _field("equipment", "list", "equipment 设备 便民设施 配套设施 设施清单"),
        _field("hours", "text", "hours 开放时间 营业时间 服务时间 opening_hours"),
        _field("address", "text", "address 地址 详细地址 位置 addr"),
        _field("telephone", "text", "telephone 电话 联系电话 咨询电话 phone tel"),
        _field(
            "floor_area_m2", "number", "floor_area_m2 floor_m2 面积 建筑面积 使用面积 floor_area"
        ),
        _field("capacity", "count", "capacity 容量 服务能力 可服务人数 服务人数 接待能力"),
    ),
    "streets": (
        _field("code", "code", "code 编码 代码 道路编码 路段编码 osm_id osmid"),
        _field("name", "text", _NAME + " 道路名称 路名 街道名称 street road roadname"),
        _field("kind", "text", "kind 等级 道路等级 道路类型 类型 highway fclass roadclass type"),
        _field("oneway", "yes_no", "oneway 单行 单行道 是否单行 单向"),
        _field("bridge", "yes_no", "bridge 桥 桥梁 是否桥梁"),
        _field("tunnel", "yes_no", "tunnel 隧道 是否隧道"),
        _field("z_level", "whole", "z_level zlevel layer 层位 立体层 所在层"),
        _field("foot", "yes_no", "foot walk 步行 可步行 是否可步行 行人通行"),
        _field("foot_oneway", "direction", "foot_oneway foot_onewa oneway:foot 步行单向 行人单行"),
    ),
    "gates": (
        _field("code", "code", "code 编码 代码 出入口编码 大门编码 osm_id osmid"),
        _field("name", "text", _NAME + " 出入口名称 大门名称 门名"),
        _AREA,
        _field("compound_code", "code", "compound_code comp_code 小区编码 小区代码 所属小区编码"),
    ),
    "cases": (
        _field(
            "external_id",
            "code",
            "external_id ext_id 工单编号 工单号 编号 案件编号 案件号 受理编号 "
            "流水号 case_id case_number "
            "ticket service_request_id id",
        ),
        _field(
            "source", "term", "source 来源 案件来源 问题来源 受理渠道 渠道 channel", terms="sources"
        ),
        _field(
            "category",
            "term",
            "category 类别 分类 案件类别 问题类别 问题类型 案件类型 诉求类型 事项类别 类型 type "
            "primary_type",
            terms="categories",
        ),
        _field("state", "term", "state 状态 办理状态 案件状态 处理状态 status", terms="states"),
        _field(
            "department",
            "term",
            "department 处置单位 承办单位 责任单位 主办单位 办理单位 责任部门 处置部门",
            terms="departments",
        ),
        _field(
            "reported_at",
            "time",
            "reported_at reported 时间 上报时间 受理时间 来电时间 发生时间 登记时间 "
            "创建时间 日期 受理日期 "
            "report_time created_at datetime time date requested_datetime",
        ),
        _field("due_at", "time", "due_at 截止时间 办理时限 到期时间 deadline expected_datetime"),
        _field("closed_at", "time", "closed_at 办结时间 结案时间 完成时间 办结日期 closed_date"),
        _field(
            "title", "text", "title 标题 主题 案件标题 工单标题 诉求标题 subject", personal=True
        ),
        _field(
            "description",
            "text",
            "description descript 内容 描述 问题描述 诉求内容 案件描述 "
            "工单内容 反映内容 content details",
            personal=True,
        ),
        _field(
            "address", "text", "address 地址 详细地址 事发地址 发生地址 问题地址 地点 位置 block"
        ),
        _field(
            "reporter_name",
            "text",
            "reporter_name rep_name 姓名 来电人 反映人 诉求人 上报人 联系人 市民姓名",
            personal=True,
        ),
        _field(
            "reporter_telephone",
            "text",
            "reporter_telephone rep_phone 电话 联系电话 来电号码 手机 "
            "手机号 联系方式 phone telephone",
            personal=True,
        ),
    ),
}

LEDGERS: dict[str, tuple[Field, ...]] = {
    "rooms": (
        _field("code", "code", "code 编码 编号 代码 用房编码 用房编号 台账编号 room_code"),
        _field("name", "text", _NAME + " 用房名称 房屋名称 用房 配套用房"),
        _field(
            "compound_code",
            "code",
            "compound_code comp_code code_of_its_compound 小区编码 小区代码 所属小区编码",
        ),
        _field(
            "compound",
            "text",
            "compound name_of_its_compound estate 小区 小区名称 小区名 所属小区 楼盘 楼盘名称",
        ),
        _field("address", "text", "address 地址 详细地址 位置 坐落 addr"),
        _field("developer", "text", "developer 开发单位 开发商 开发企业 建设单位"),
        _field(
            "planned_use",
            "term",
            "planned_use 规划用途 设计用途 配建用途 配建类型",
            terms="facility_kinds",
        ),
        _field(
            "planned_m2",
            "number",
            "planned_m2 planned 规划面积 应配建面积 配建面积 设计面积 规划建筑面积",
        ),
        _field(
            "planned_on", "time", "planned_on day_of_the_plan 规划日期 规划时间 批复日期 批复时间"
        ),
        _field("plan_document", "text", "plan_document 规划文件 规划文号 批复文号 文号"),
        _field("accepted_m2", "number", "accepted_m2 accepted 验收面积 竣工面积 实测面积"),
        _field(
            "accepted_on",
            "time",
            "accepted_on day_of_acceptance 验收日期 验收时间 竣工日期 竣工验收日期",
        ),
        _field("handed_m2", "number", "handed_m2 handed_over 移交面积 接收面积 交付面积"),
        _field(
            "handed_on", "time", "handed_on day_of_handing_over 移交日期 移交时间 接收日期 交付日期"
        ),
        _field(
            "used_as",
            "term",
            "used_as 现用途 实际用途 使用用途 现状用途 用途 使用情况",
            terms="facility_kinds",
        ),
        _field(
            "used_since",
            "time",
            "used_since in_use_since 启用日期 启用时间 投用日期 投用时间 投入使用日期 投入使用时间",
        ),
    ),
}
"""What else a file can hold that is no layer of the map."""

IMPORTED = {
    "areas": _("Areas"),
    "grids": _("Grids"),
    "compounds": _("Compounds"),
    "buildings": _("Buildings"),
    "facilities": _("Facilities"),
    "streets": _("Streets"),
    "gates": _("Gates"),
    "cases": _("Cases"),
    "rooms": _("Public rooms"),
}
"""What a file can be taken as, and what people call it."""

# Columns of our own exports that are worked out anew when a file comes in.
WORKED_OUT: dict[str, frozenset[str]] = {
    "cases": frozenset("updated_at updated area_code grid_code compound_code comp_code".split()),
    "rooms": frozenset(
        "区域|状态|被挪用面积，m²|收回面积，m²|Area|State|Misused, m²|Recovered, m²".split("|")
    ),
}

SHAPES: dict[str, Shape] = {
    "areas": "polygon",
    "grids": "polygon",
    "compounds": "polygon",
    "buildings": "polygon",
    "facilities": "point",
    "streets": "line",
    "gates": "point",
    "cases": "point",
}

# What the fields are called for people.
FIELD_NAMES = {
    "code": _("Code"),
    "name": _("Name"),
    "level": _("Level"),
    "parent_code": _("Code of the area above"),
    "area_code": _("Code of its area"),
    "compound_code": _("Code of its compound"),
    "households": _("Households"),
    "residents": _("Residents"),
    "type": _("Type"),
    "closed": _("Gated"),
    "property_firm": _("Property firm"),
    "use": _("Use"),
    "floors": _("Floors"),
    "entrances": _("Entrances"),
    "elderly": _("Elderly residents"),
    "kind": _("Kind"),
    "equipment": _("Equipment"),
    "hours": _("Opening hours"),
    "address": _("Address"),
    "telephone": _("Telephone"),
    "floor_area_m2": _("Floor area"),
    "capacity": _("People it can serve"),
    "oneway": _("One way"),
    "bridge": _("Bridge"),
    "tunnel": _("Tunnel"),
    "z_level": _("Above or below ground"),
    "foot": _("May be walked"),
    "foot_oneway": _("Walked one way"),
    "external_id": _("Number at its source"),
    "source": _("Source"),
    "category": _("Category of the case"),
    "state": _("State"),
    "department": _("Department"),
    "reported_at": _("Reported at"),
    "due_at": _("Due at"),
    "closed_at": _("Closed at"),
    "title": _("Title"),
    "description": _("Description"),
    "reporter_name": _("Reporter’s name"),
    "reporter_telephone": _("Reporter’s telephone"),
    "compound": _("Name of its compound"),
    "developer": _("Developer"),
    "planned_use": _("Planned use"),
    "planned_m2": _("Planned area in m²"),
    "planned_on": _("Day of the plan"),
    "plan_document": _("Plan document"),
    "accepted_m2": _("Accepted area in m²"),
    "accepted_on": _("Day of acceptance"),
    "handed_m2": _("Area handed over in m²"),
    "handed_on": _("Day of handing over"),
    "used_as": _("Used as"),
    "used_since": _("In use since"),
    "lon": _("Longitude"),
    "lat": _("Latitude"),
    "position": _("Longitude and latitude in one"),
    "wkt": _("Shape as text (WKT)"),
}

LONGITUDE = tuple(
    "lon lng long longitude 经度 x 经 坐标x x坐标 东经 wgs84经度 gcj02经度 point_x".split()
)
LATITUDE = tuple("lat latitude 纬度 y 纬 坐标y y坐标 北纬 wgs84纬度 gcj02纬度 point_y".split())
POSITION = tuple(
    "坐标 经纬度 位置坐标 坐标点 location lnglat lonlat coordinates coordinate".split()
)
WELL_KNOWN_TEXT = tuple("wkt geometry geom the_geom shape 几何 图形 wkb".split())


def field_name(name: str, language: str) -> str:
    """What a field is called; its key where it has no name."""
    return translate(FIELD_NAMES.get(name, name), language)


def fields_of(layer: str) -> tuple[Field, ...]:
    """The fields of a layer or ledger.

    Raises:
        NotFound: If there is no such layer.
    """
    fields = LAYER_FIELDS.get(layer) or LEDGERS.get(layer)
    if fields is None:
        raise NotFound(
            "There is no layer %(layer)s; the layers are %(known)s.",
            layer=layer,
            known=", ".join(IMPORTED),
        )
    return fields
