"""Invented names: streets, places, firms, people. Any likeness to a real one is chance.

Telephone numbers begin with 154, a prefix that no operator has been given, or are landline numbers
that begin with 0, which no exchange gives out: none can ring.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

DISTRICT = "示范区"
RIVER = "清沂河"
RAILWAY = "示范铁路"

OFFICES = (
    "北苑街道",
    "老城街道",
    "金桥街道",
    "文峰街道",
    "柳岸街道",
    "西郊街道",
    "东湖街道",
    "南站街道",
)

_COMMUNITY_FIRST = tuple("安福和康永新兴祥瑞锦春泰明德清景华文金玉")
_COMMUNITY_SECOND = tuple("苑和园宁泰乐馨桥泉湾源庭光居民兴华康平祥")
_COMMUNITY_WHOLE = tuple(
    """
    幸福 团结 朝阳 光明 友谊 书院 东关 西关 鼓楼 文庙 柳巷 石桥 渡口 水岸 桃源 槐荫 丰华
    和平 胜利 解放 前进 曙光 红旗 新华
    """.split()  # noqa: SIM905 - one string is easier to read
)

_ROADS_NS = tuple(
    """
    兰亭路 景和路 沂蒙春路 朝阳路 文峰路 育才路 金桥路 迎宾路 平安路 康宁路 书香路 槐树路
    银杏路 望河路 清源路 春晖路 惠民路 丰华路 启明路 雅乐路 润泽路 翠竹路 梧桐路 紫荆路
    杏林路 海棠路 桃李路 雨露路 晨光路 和顺路
    """.split()  # noqa: SIM905 - one string is easier to read
)
_ROADS_EW = tuple(
    """
    人和大街 建业大街 振兴街 中兴街 民乐街 昌平街 永安街 广德街 崇文街 宣化街 仁义街 礼泉街
    通达街 向阳街 长春街 福寿街 永乐街 新民街 同心街 劳动街 兴隆街 工业街 仓储街 车站街
    站前街 菜市街 学府街 医院街 体育街 公园街
    """.split()  # noqa: SIM905 - one string is easier to read
)
_LANE_FIRST = tuple(
    """
    柳叶 书院 石榴 皂角 井台 豆腐 染坊 铁匠 竹竿 帽儿 箍桶 米市 盐店 会馆 戏楼 药铺 茶馆
    灯笼 马号 驴市 银匠 棋盘 月牙 半边 水塔 锅市
    """.split()  # noqa: SIM905 - one string is easier to read
)
_FIRST = tuple(
    """
    沂州 幸福 阳光 锦绣 御景 金水湾 盛世 天元 书香 翰林 凤凰 东方 丽都 滨河 蓝湾 紫金 明珠
    鲁风里 半岛 香榭 江南 水木 华宇 万和 星河 银杏里 和悦 春江 观澜 云锦 颐和里 龙泉 学府
    尚品 美林 碧云里 国色 凯旋 怡景 海棠
    """.split()  # noqa: SIM905 - one string is easier to read
)
_SECOND = {
    "commercial": ("花园", "家园", "名苑", "华府", "华庭", "公馆", "雅居", "嘉园", "豪庭", "水岸",
                   "府邸", "新城", "国际", "尚城", "一品"),
    "affordable": ("小区", "新村", "家园", "康居苑", "安居苑", "惠民园"),
    "mixed": ("小区", "里", "新苑", "北区", "南区", "大院"),
}  # fmt: skip
_AFFORDABLE_FIRST = tuple(
    """
    安康 安居 惠民 福康 和谐 民乐 康泰 祥和 普惠 同乐 宜居 康馨 民安 惠泽 福临 安泰
    """.split()  # noqa: SIM905 - one string is easier to read
)
_WORKS = tuple(
    """
    第二纺织厂 化肥厂 机床厂 地质队 供电公司 粮食局 水利局 第五中学 棉麻公司 第三建筑公司
    邮电局 汽车运输公司 面粉厂 酒厂 农机厂 印刷厂 百货公司 药材公司 第一塑料厂 造纸厂 物资局
    轴承厂 电缆厂 林业局 公路局 陶瓷厂 肉联厂 钢窗厂 食品公司 第二中学 人民医院 毛巾厂
    针织厂 水泥厂 铸造厂 农业局 盐业公司 外贸公司 电影公司 自来水公司 煤炭公司 五金厂 皮革厂
    被服厂 蔬菜公司 砖瓦厂 烟草公司 无线电厂 齿轮厂 缫丝厂 卫校 师范学校 园林处 市政公司
    二轻局 供销社
    """.split()  # noqa: SIM905 - one string is easier to read
)
_VILLAGE_SIDE = ("东", "西", "南", "北", "前", "后", "大", "小", "上", "下", "中", "老")
_VILLAGE_CORE = tuple(
    """
    王 李 张 刘 陈 杨 赵 孙 周 徐 朱 高 石 柳 桃 泉
    """.split()  # noqa: SIM905 - one string is easier to read
)
_VILLAGE_END = ("庄", "村", "家庄", "家屯", "埠", "沟崖", "官庄", "店子")
_FIRM = tuple(
    """
    安和 润民 新睦邻 众诚 嘉信 民泰 恒悦 康乐家 大家园 金管家 沂和 优居 万福里 顺心 同城
    锦泰 鑫苑里 佳和 德邻 美居 永信 惠家 星辰 瑞安里
    """.split()  # noqa: SIM905 - one string is easier to read
)
_SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
)
_SURNAME_WEIGHTS = np.array([1 / (rank + 6) for rank in range(len(_SURNAMES))])
_GIVEN_ONE = tuple("建志秀淑文晓春国海明玉桂红丽永庆学少雅子思梓宇欣佳")
_GIVEN_TWO = tuple("华英军芳平强敏霞杰涛玲斌梅兰辉刚磊燕萍勇静波云宁成东娟轩涵怡")


def pick(rng: Generator, words: tuple[str, ...], count: int) -> list[str]:
    """``count`` different words, in random order; all of them again when they run out."""
    out: list[str] = []
    while len(out) < count:
        out += [words[i] for i in rng.permutation(len(words)).tolist()]
    return out[:count]


def communities(rng: Generator, count: int) -> list[str]:
    """Names of communities, each once."""
    pairs = [a + b for a in _COMMUNITY_FIRST for b in _COMMUNITY_SECOND if a != b]
    names = pick(rng, _COMMUNITY_WHOLE, len(_COMMUNITY_WHOLE)) + pick(rng, tuple(pairs), len(pairs))
    return [f"{name}社区" for name in dict.fromkeys(names)][:count]


class StreetNames:
    """Hands out street names by direction and class, no name twice."""

    def __init__(self, rng: Generator) -> None:
        self._north = pick(rng, _ROADS_NS, len(_ROADS_NS))
        self._east = pick(rng, _ROADS_EW, len(_ROADS_EW))
        self._lanes = pick(rng, _LANE_FIRST, len(_LANE_FIRST))
        self._turn = {"north": 0, "east": 0, "lane": 0}

    def name(self, *, north: bool, lane: bool) -> str:
        """The next name: a lane of the old town, a 路 (north–south) or a 街 (east–west)."""
        kind = "lane" if lane else "north" if north else "east"
        words = {"lane": self._lanes, "north": self._north, "east": self._east}[kind]
        number = self._turn[kind]
        self._turn[kind] += 1
        word, turn = words[number % len(words)], number // len(words)
        if kind == "lane":
            return word + ("巷", "胡同", "里", "西巷", "东巷", "后巷")[turn % 6]
        stem, end = (word[:-2], word[-2:]) if word.endswith("大街") else (word[:-1], word[-1])
        ways = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")
        return stem + ways[turn % 10] + (end if turn == 0 else end[-1])


def compounds(rng: Generator, types: list[str]) -> list[str]:
    """A name for each compound that suits its type, each once."""
    seen: set[str] = set()
    works = pick(rng, _WORKS, len(_WORKS))
    out = []
    for type_ in types:
        for attempt in range(60):
            name = _compound(rng, type_, works, attempt)
            if name not in seen:
                break
        else:
            name = f"{name}{len(seen)}"
        seen.add(name)
        out.append(name)
    return out


def _compound(rng: Generator, type_: str, works: list[str], attempt: int) -> str:
    if type_ == "work_unit":
        number = "" if attempt < 20 else ("东院", "西院", "南院", "北院")[int(rng.integers(4))]
        works_index = int(rng.integers(len(works)))
        return f"{works[works_index]}家属院{number}"
    if type_ == "village":
        return (
            _choice(rng, _VILLAGE_SIDE) + _choice(rng, _VILLAGE_CORE) + _choice(rng, _VILLAGE_END)
        )
    first = _AFFORDABLE_FIRST if type_ == "affordable" else _FIRST
    return _choice(rng, first) + _choice(rng, _SECOND[type_])


def _choice(rng: Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def firms() -> list[str]:
    """Names of property firms, the largest first."""
    return [f"{name}物业服务有限公司" for name in _FIRM]


def people(rng: Generator, count: int) -> list[str]:
    """Invented names of residents."""
    surnames = rng.choice(len(_SURNAMES), count, p=_SURNAME_WEIGHTS / _SURNAME_WEIGHTS.sum())
    one = rng.integers(0, len(_GIVEN_ONE), count)
    two = rng.integers(0, len(_GIVEN_TWO), count)
    short = rng.random(count) < 0.22
    return [
        _SURNAMES[s] + ("" if brief else _GIVEN_ONE[a]) + _GIVEN_TWO[b]
        for s, a, b, brief in zip(
            surnames.tolist(), one.tolist(), two.tolist(), short.tolist(), strict=True
        )
    ]


def telephones(rng: Generator, count: int) -> list[str]:
    """Mobile numbers that no operator has given out."""
    numbers: NDArray[np.int64] = rng.integers(0, 100_000_000, count)
    return [f"154{number:08d}" for number in numbers.tolist()]


def landline(rng: Generator) -> str:
    """A landline number that no exchange gives out."""
    return f"0539-0{int(rng.integers(0, 1_000_000)):06d}"
