"""Addresses as people write them into tickets, made from places whose truth is known.

Nothing of the matcher is used here: its own words, its own typos, its own ways to write a number.
The seed 1 is for work on the matcher, the seed 2 for measuring it; ``write`` gives both.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# Signs that people type for each other: the same sound, or nearly the same look.
_SOUNDS = """
园圆元源缘员 苑院愿怨 华花划 嘉佳家加 馨新欣心鑫 御玉裕育 景锦井 泰太 康抗 福复富 民名明 安按
和河合何 祥翔详 里理李礼 海还 棠堂唐 凤风丰 凰皇黄 江疆姜 春纯 水睡 木牧 天田 云匀 星兴 蓝兰篮
湾弯 国郭 际计 庄装 村存 镇阵 书舒 香乡 府付 邸底 公工宫 馆管 城成程 豪毫 庭亭廷 北背 南难男
大达 普谱 惠慧会汇 居局 同铜 乐月 宜怡仪 滨宾斌 龙隆 泉全 学雪 紫子 金今 尚上 品频 阳杨洋 光广
幸性 机鸡 床窗 厂场 纺访 织之 酒久 路露 街接 石实 桥乔 文闻 峰锋 柳流 东冬 西希 关官 朝潮 团湍
""".split()  # noqa: SIM905 - one string is easier to read
_LOOKS = """
泰秦奉 未末 北比 庄压 天夫无 日目 己已 苑范 园围 御卸 锦绵 里理 滨演 栋拣 凤风 康庚 福副 华毕
村材 石右 王玉主 李季 孙逊 陈阵 柳抑 杨扬 家冢 属厉 院阮 厂广 民氏 云去 水永 木本 林材 明朋 星里
观现 澜谰 湾弯 江汪 海悔 棠裳 龙尤 泉帛 景影 豪毫 府俯 馨磬 安妥 宜宣 同问 乐东 和知 新亲 城域 品晶
""".split()  # noqa: SIM905 - one string is easier to read
_ANY = tuple(
    "的一是在不了有人我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
)
_BEFORE = (
    "市民来电反映：", "来电人称，", "我是", "我家住在", "您好，我住", "地址：", "网格员巡查发现，",
    "市民通过12345热线反映:", "诉求地址【", "家住", "请问", "你好 我要反映个问题，",
)  # fmt: skip
_AFTER = (
    "，楼道里堆满杂物没人管",
    "有人乱停车，请尽快处理。",
    "停水两天了，物业电话打不通",
    "的路灯坏了",
    "】，要求回复",
    "，广场舞噪音太大影响孩子学习！！",
    "的业主，暖气不热",
    "，电梯又坏了",
    "（急）",
    "，已经反映过3次了",
    "，5月12日晚上8点有人烧烤",
    "，联系电话15400001234",
)
_NEAR = ("附近", "门口", "东门", "对面", "南侧", "北门外", "院内", "楼下", "西边", "旁边")
_WORDS = "零一二三四五六七八九"
_BIG = "零壹贰叁肆伍陆柒捌玖"


@dataclass(frozen=True)
class Home:
    """A true place: its areas from the outside in, its compound and building, or its street."""

    code: str
    areas: tuple[str, ...]
    compound: str = ""
    old_names: tuple[str, ...] = ()
    number: int = 0
    entrances: int = 0
    suffix: str = "号楼"
    street: str = ""


@dataclass(frozen=True)
class Written:
    """What somebody wrote, what is meant, and what was done to it."""

    text: str
    code: str
    mess: tuple[str, ...] = field(default=())


def write(homes: list[Home], count: int, *, seed: int) -> list[Written]:
    """``count`` addresses of homes drawn by chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    return [_one(homes[chance.randrange(len(homes))], chance) for _ in range(count)]


def in_words(number: int, *, big: bool = False) -> str:
    """A number below 1,000 as it is written out: 二十一, or 贰拾壹."""
    digits, ten, hundred = (_BIG, "拾", "佰") if big else (_WORDS, "十", "百")
    if number < 10:
        return digits[number]
    if number < 20 and not big:
        return ten + (digits[number % 10] if number % 10 else "")
    if number < 100:
        return digits[number // 10] + ten + (digits[number % 10] if number % 10 else "")
    rest = number % 100
    if rest == 0:
        return digits[number // 100] + hundred
    middle = digits[0] if rest < 10 else digits[1] if rest < 20 and not big else ""
    return digits[number // 100] + hundred + middle + in_words(rest, big=big)


def _one(home: Home, chance: random.Random) -> Written:
    mess: list[str] = []
    areas = _areas(home, chance, mess)
    name = home.compound or home.street
    if home.old_names and chance.random() < 0.25:
        name = chance.choice(home.old_names)
        mess.append("old name")
    if chance.random() < 0.30:
        name = typo(name, chance)
        mess.append("typo")
        if len(name) > 4 and chance.random() < 0.25:
            name = typo(name, chance)
            mess.append("two typos")
    tail = _tail(home, chance, mess)
    if areas and chance.random() < 0.08:
        spot = chance.randrange(len(areas))
        areas[spot] = typo(areas[spot], chance)
        mess.append("typo in an area")
    if areas and chance.random() < 0.04:
        areas.append(areas[-1])
        mess.append("repeated")
    if chance.random() < 0.05:
        text = f"{name}{tail}（{''.join(areas)}）" if areas else name + tail
        mess.append("wrong order")
    else:
        text = "".join([*areas, name]) + tail
    return Written(_around(text, chance, mess), home.code, tuple(mess))


def _areas(home: Home, chance: random.Random, mess: list[str]) -> list[str]:
    kept = [name for name, share in zip(home.areas, (0.35, 0.72, 0.40), strict=True)
            if chance.random() < share]  # fmt: skip
    if home.street and home.areas[1] not in kept and chance.random() < 0.8:
        kept.append(home.areas[1])
    if len(kept) < 3:
        mess.append("missing levels")
    out = []
    for name in kept:
        draw = chance.random()
        if name.endswith("街道") and draw < 0.2:
            name += chance.choice(("办事处", "办"))  # noqa: PLW2901
        elif name.endswith("社区") and draw < 0.2:
            name = chance.choice((name + "居委会", name[:-2] + "居委会"))  # noqa: PLW2901
        out.append(name)
    if out and chance.random() < 0.1:
        out.insert(0, "山东省临沂市")
    return out


def _tail(home: Home, chance: random.Random, mess: list[str]) -> str:
    if home.street or not home.number:
        end = f"{chance.randrange(1, 180)}号" if home.street and chance.random() < 0.6 else ""
        return end + (chance.choice(_NEAR) if chance.random() < 0.4 else "")
    unit = chance.randrange(home.entrances) + 1 if home.entrances else 0
    floor, door = chance.randrange(1, 7), chance.randrange(1, 4)
    room = f"{floor}{door:02d}"
    way = chance.random()
    if way < 0.08 and unit:
        mess.append("dashes")
        return f"{home.number}-{unit}-{room}"
    if way < 0.13 and unit:
        mess.append("hash")
        return f"{home.number}#{unit}单元{room}"
    suffix = home.suffix
    if suffix == "号楼":
        suffix = chance.choices(("号楼", "栋", "幢", "#楼", "号", "座", "号 楼"),
                                (60, 12, 6, 6, 6, 3, 7))[0]  # fmt: skip
    spell = chance.random()

    def number(value: int) -> str:
        return in_words(value, big=spell < 0.04) if spell < 0.22 else str(value)

    if spell < 0.22:
        mess.append("numerals in words")
    end = number(home.number) + suffix
    if unit and chance.random() < 0.6:
        end += number(unit) + "单元"
        if chance.random() < 0.4:
            end += room + chance.choice(("室", "", "户"))
    return end + (chance.choice(_NEAR) if chance.random() < 0.06 else "")


def typo(name: str, chance: random.Random) -> str:
    """One sign mistyped: like in sound or look, or another, left out, twice, or swapped."""
    if len(name) < 2:
        return name
    spot = chance.randrange(len(name))
    sign = name[spot]
    way = chance.random()
    tables = (_SOUNDS,) if way < 0.5 else (_LOOKS,) if way < 0.7 else ()
    for table in tables:
        like = [other for group in table if sign in group for other in group if other != sign]
        if like:
            return name[:spot] + chance.choice(like) + name[spot + 1 :]
    if way < 0.8:
        return name[:spot] + chance.choice(_ANY) + name[spot + 1 :]
    if way < 0.88 and len(name) > 3:
        return name[:spot] + name[spot + 1 :]
    if way < 0.94:
        return name[:spot] + sign + name[spot:]
    spot = min(spot, len(name) - 2)
    return name[:spot] + name[spot + 1] + name[spot] + name[spot + 2 :]


def _around(text: str, chance: random.Random, mess: list[str]) -> str:
    if chance.random() < 0.12:
        text = text.translate({ord(s): ord(s) + 0xFEE0 for s in "0123456789#-"})
        mess.append("full-width")
    if chance.random() < 0.12:
        for _ in range(chance.randrange(1, 4)):
            spot = chance.randrange(len(text) + 1)
            inside = text[max(0, spot - 1) : spot + 1]
            if not (len(inside) == 2 and inside.isdigit()):
                text = text[:spot] + chance.choice((" ", "　", "  ")) + text[spot:]
        mess.append("spaces")
    if chance.random() < 0.35:
        text = chance.choice(_BEFORE) + text
        mess.append("chatter before")
    if chance.random() < 0.35:
        text += chance.choice(_AFTER)
        mess.append("chatter after")
    return text
