"""Signing in and managing accounts, as people do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PASSWORD = "demo-password-of-the-tests"


@pytest.fixture
def enter(own_live: str, contexts: Callable[..., Any]) -> Callable[..., Page]:
    """``enter(role, path)``: signed in by the form, on the page that was wanted."""

    def entered(role: str, path: str, **options: Any) -> Page:
        page = contexts(own_live, **options).new_page()
        page.goto(f"{own_live}{path}")
        expect(page).to_have_title("登录 · 网格")
        page.fill("[name=username]", role)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"**{path}")
        return page

    return entered


def test_one_signs_in_without_javascript(enter, own_live, artefact):
    page = enter("planner", "/account", java_script_enabled=False)
    expect(page.locator("h1")).to_have_text("我的账户")
    page.context.clear_cookies()
    page.goto(f"{own_live}/account")
    page.fill("[name=username]", "planner")
    page.fill("[name=password]", "wrong wrong wrong")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不正确。")
    page.screenshot(path=artefact("login"))


def test_a_token_is_shown_once_and_can_be_revoked(enter, artefact):
    page = enter("planner", "/account")
    expect(page.locator("#tokens")).to_contain_text("还没有令牌")
    page.fill("#make [name=name]", "QGIS <b>桌面</b>")
    page.click("#make [type=submit]")
    secret = page.locator(".secret code").inner_text()
    assert secret.startswith("wg_")
    page.screenshot(path=artefact("account"), full_page=True)
    page.reload()
    expect(page.locator("#tokens")).to_contain_text("QGIS <b>桌面</b>")
    assert secret not in page.content()
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("#tokens")).to_contain_text("还没有令牌")


def test_an_administrator_adds_a_user_and_sees_it_in_the_trail(enter, artefact):
    page = enter("admin", "/users")
    page.fill("#add [name=name]", "zhang.san")
    page.fill("#add [name=display_name]", "张<script>三")
    page.fill("#add [name=password]", "seven green lamps")
    page.click("#add [type=submit]")
    expect(page.locator("#add .told")).to_have_text("已添加账户 zhang.san。")
    row = page.locator("#users tr", has_text="zhang.san")
    expect(row).to_contain_text("张<script>三")
    assert page.locator("#users :is(input, select)").count() == 0  # a row opens on a click
    row.click()
    expect(row.get_by_label("角色")).to_have_value("viewer")
    row.get_by_label("角色").select_option("worker")
    row.get_by_label("值班电话").fill("0539-000 0077")
    row.get_by_role("button", name="保存").click()
    expect(page.locator("#told")).to_have_text("账户 zhang.san 已更改。")
    expect(row).to_contain_text("0539-000 0077")
    page.locator("#asked [name=role]").select_option("worker")
    page.locator("#asked [name=q]").fill("zhang")
    expect(page.locator("#users tr")).to_have_count(1)
    page.locator("#asked [name=q]").fill("nobody at all")
    expect(page.locator("#users")).to_contain_text("没有符合")
    page.reload()
    expect(page.locator("#audit")).to_contain_text("用户 zhang.san")
    cells = page.locator("#audit tr td:nth-child(n+3)").all_inner_texts()
    assert len(cells) > 20
    told_by_key = [text for text in cells if re.search(r"(^|[ ·])[a-z_]+(：|$)", text)]
    assert [text for text in told_by_key if not text.startswith("用户 ")] == []
    page.screenshot(path=artefact("users"), full_page=True)


def test_signing_out_is_in_the_menu_of_ones_name(enter, own_live):
    page = enter("viewer", "/account")
    page.locator("details.menu summary").click()
    expect(page.locator("details.menu a[href='/users']")).to_have_count(0)
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login")
    page.goto(f"{own_live}/account")
    page.wait_for_url("**/login?next=/account")
