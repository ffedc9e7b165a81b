"""Accounts, roles, titles and accepted figures: every change keeps who, when, before, after and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from ecopark.web import backup
from ecopark.web.figures.models import Figure
from ecopark.web.people.models import NEW_PASSWORD, Membership, User
from ecopark.web.rules.models import TitleStep

from .conftest import World

ACCOUNT = "/admin/people/user"


def form_of(user: User, **changed: Any) -> dict[str, Any]:
    """The form of an account as the administration sends it."""
    sent = {
        "username": user.username, "last_name": user.last_name, "first_name": "", "email": "", "phone": user.phone,
        "is_active": "on", "why": "",
    } | changed  # fmt: skip
    return {k: v for k, v in sent.items() if v is not None}


def test_an_account_with_a_role_in_an_area_is_switched_off_like_any(world: World) -> None:
    user = world.people["stranger"]
    Membership.objects.create(user=user, role="office", area="江苏省")
    address = f"{ACCOUNT}/{user.pk}/change/"
    answer = world.client_of("admin").post(address, form_of(user, is_active=None, why="离职"))
    assert answer.status_code == 302
    assert not User.objects.get(pk=user.pk).is_active


@pytest.mark.parametrize("lost", ["is_active", "is_staff", "is_superuser"])
def test_the_last_administrator_stays_one(world: World, lost: str) -> None:
    admin_user, office = world.people["admin"], world.people["office"]
    rights = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client, page = world.client_of("admin"), f"{ACCOUNT}/{admin_user.pk}/change/"
    sent = form_of(admin_user, **rights | {lost: None}, why="调离")
    answer = client.post(page, sent)
    assert answer.status_code == 200 and "最后一个管理员" in answer.content.decode()
    admin_user.refresh_from_db()
    assert getattr(admin_user, lost)
    assert (
        client.post(page, form_of(admin_user, **rights, phone="139", why="电话")).status_code == 302
    )  # anything else is free
    assert client.post(f"{ACCOUNT}/{office.pk}/change/", form_of(office, **rights, why="接任")).status_code == 302
    assert client.post(page, sent).status_code == 302
    admin_user.refresh_from_db()
    assert not getattr(admin_user, lost)


def test_a_park_without_anybody_of_its_office_is_told(world: World) -> None:
    client, office = world.client_of("admin"), world.people["office"]
    page = f"{ACCOUNT}/{office.pk}/change/"
    said = client.post(page, form_of(office, is_active=None, why="调离"), follow=True).content.decode()
    assert "园区 alpha的园区办没有可登录的人员了" in said
    assert client.post(page, form_of(office, why="回来")).status_code == 302
    Membership.objects.create(user=world.people["stranger"], role="office", park=world.park)
    said = client.post(page, form_of(office, is_active=None, why="调离"), follow=True).content.decode()
    assert "没有可登录的人员" not in said


def test_a_change_of_an_account_keeps_who_before_after_and_why(world: World) -> None:
    client, office = world.client_of("admin"), world.people["office"]
    kept = office.history.count()
    answer = client.post(f"{ACCOUNT}/{office.pk}/change/", form_of(office, phone="139", is_active=None))
    assert answer.status_code == 200 and office.history.count() == kept, "without a reason nothing is changed"
    answer = client.post(f"{ACCOUNT}/{office.pk}/change/", form_of(office, phone="139", is_active=None, why="调离"))
    assert answer.status_code == 302
    new, old = office.history.order_by("-history_id")[:2]
    assert (new.history_user, new.history_change_reason) == (world.people["admin"], "调离")
    assert {(c.field, c.old, c.new) for c in new.diff_against(old).changes} == {
        ("phone", "", "139"), ("is_active", True, False)
    }  # fmt: skip
    page = client.get(f"{ACCOUNT}/{office.pk}/history/").content.decode()
    assert "调离" in page and "139" in page


def test_a_new_account_and_a_new_password_stand_in_the_history_without_the_password(world: World) -> None:
    client = world.client_of("admin")
    sent = {
        "username": "xin",
        "password1": "Long-enough-7",
        "password2": "Long-enough-7",
        "usable_password": "true",
        "why": "入职",
    }
    assert client.post(f"{ACCOUNT}/add/", sent).status_code == 302
    made = User.objects.get(username="xin")
    assert made.check_password("Long-enough-7")
    assert [(h.history_type, h.history_change_reason) for h in made.history.all()] == [("+", "入职")]
    again = {"password1": "Another-one-8", "password2": "Another-one-8", "usable_password": "true"}
    assert client.post(f"{ACCOUNT}/{made.pk}/password/", again).status_code == 302
    assert made.history.latest().history_change_reason == NEW_PASSWORD
    assert made.history.latest().history_user == world.people["admin"]
    assert not {"password", "last_login"} & {f.name for f in User.history.model._meta.fields}


def test_ones_own_new_password_stands_there_and_a_sign_in_does_not(world: World) -> None:
    user = world.people["office"]
    before = user.history.count()
    client = Client()
    assert client.login(username="office", password="x")
    assert user.history.count() == before
    sent = {"old_password": "x", "new_password1": "Long-enough-7", "new_password2": "Long-enough-7"}
    assert client.post("/account/password/", sent).status_code == 302
    assert user.history.count() == before + 1
    assert user.history.latest().history_change_reason == NEW_PASSWORD
    assert world.client_of("admin").get("/admin/password_change/")["Location"] == "/account/password/"


def test_somebody_new_in_a_park_is_kept_with_who_added_them_and_why(world: World) -> None:
    sent = {"username": "wang", "role": "viewer", "reason": "借调"}
    world.client_of("office").post("/p/alpha/settings/members/add/", sent)
    row = User.objects.get(username="wang").history.get()
    assert (row.history_user, row.history_change_reason, row.history_type) == (world.people["office"], "借调", "+")


def test_a_role_is_given_and_taken_in_the_administration_with_a_reason(world: World) -> None:
    client, user = world.client_of("admin"), world.people["stranger"]
    sent = {"user": user.pk, "role": "reviewer", "area": "江苏省"}
    assert client.post("/admin/people/membership/add/", sent).status_code == 200, "no reason, no role"
    assert client.post("/admin/people/membership/add/", sent | {"why": "新任"}).status_code == 302
    made = Membership.objects.get(user=user)
    assert made.history.get().history_change_reason == "新任"
    address = f"/admin/people/membership/{made.pk}/delete/"
    assert 'name="why"' in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert Membership.objects.filter(pk=made.pk).exists()
    client.post(address, {"post": "yes", "why": "离任"})
    assert not Membership.objects.filter(pk=made.pk).exists()
    last = Membership.history.filter(id=made.pk).latest()
    assert (last.history_type, last.history_change_reason, last.history_user) == ("-", "离任", world.people["admin"])
    own = Membership.objects.get(user=world.people["office"])
    assert client.post(f"/admin/people/membership/{own.pk}/delete/", {"post": "yes", "why": "x"}).status_code == 403


def test_what_can_be_changed_in_the_administration_has_a_history_so_that_its_log_need_not_be_kept(world: World) -> None:
    request = world.client_of("admin").get("/admin/").wsgi_request
    for model, page in admin.site._registry.items():
        if model._meta.app_label == "axes":  # failed sign-ins: written by the program, thrown away by time
            continue
        may = [
            page.has_add_permission(request),
            page.has_change_permission(request),
            page.has_delete_permission(request),
        ]
        assert not any(may) or hasattr(model, "history"), model
    assert "admin.logentry" in backup.LEFT_OUT


@pytest.mark.django_db(transaction=True)
def test_the_history_of_accounts_is_in_the_backup(world: World, tmp_path: Path) -> None:
    import zipfile

    user = world.people["office"]
    user.phone, user._change_reason = "138", "换号"
    user.save()
    made = backup.backup(tmp_path / "all.zip")
    with zipfile.ZipFile(made) as archive:
        rows = archive.read(backup.ROWS).decode()
    assert '"people.historicaluser"' in rows and "换号" in rows.encode().decode("unicode_escape") + rows


@pytest.mark.django_db(transaction=True)
def test_accounts_that_were_there_begin_their_history_with_what_they_were() -> None:
    executor = MigrationExecutor(connection)
    try:
        executor.migrate([("people", "0005_token_use")])
        old = executor.loader.project_state([("people", "0005_token_use")]).apps
        old.get_model("people", "User").objects.create(username="zhou", last_name="周", phone="137")
        executor = MigrationExecutor(connection)
        executor.migrate([("people", "0006_account_history")])
        row = apps.get_model("people", "HistoricalUser").objects.get(username="zhou")
        assert (row.last_name, row.phone, row.history_type) == ("周", "137", "+")
        assert row.history_change_reason
    finally:
        MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_a_step_of_a_title_is_taken_back_with_a_reason_that_stays_on_the_page(world: World) -> None:
    from ecopark.standards.titles import load_titles

    client = world.client_of("office")
    title = next(iter(load_titles()))
    client.post("/p/alpha/rules/titles/add/", {"title": title, "step": "name", "dated": "2024-01-05"})
    step = TitleStep.objects.get()
    client.post(f"/p/alpha/rules/titles/{step.pk}/withdraw/", {"why": "  "})
    step.refresh_from_db()
    assert step.withdrawn is None, "no reason, not taken back"
    client.post(f"/p/alpha/rules/titles/{step.pk}/withdraw/", {"why": "日期记错"})
    step.refresh_from_db()
    assert step.withdrawn_why == "日期记错"
    last = step.history.latest()
    assert (last.history_user, last.history_change_reason) == (world.people["office"], "日期记错")
    page = client.get("/p/alpha/rules/titles/").content.decode()
    assert "日期记错" in page and "office" in page


def test_an_accepted_figure_is_changed_with_a_reason_and_a_first_one_without(world: World) -> None:
    client = world.client_of("office")
    figure = Figure.objects.get(park=world.park, quantity="publicity_events", period="2023")
    address = f"/p/alpha/data/theme/{theme_of(figure)}/?year=2023"
    page = client.get(address).content.decode()
    [name] = set(re.findall(r'name="given\|(publicity_events[^"]*)"', page))
    sent = {f"given|{name}": "7", f"unit|{name}": "events/year", f"version|{name}": str(figure.version)}
    answer = client.post(address, sent)
    assert answer.status_code == 422
    assert "变更原因" in answer.content.decode() and 'value="7"' in answer.content.decode()
    figure.refresh_from_db()
    assert figure.given == "3"
    assert client.post(address, sent | {"reason": "年报更正"}).status_code == 302
    figure.refresh_from_db()
    assert figure.given == "7" and figure.history.latest().history_change_reason == "年报更正"
    first = f"/p/alpha/data/theme/{theme_of(figure)}/?year=2022"
    Figure.objects.filter(park=world.park, quantity="publicity_events", period="2022").delete()
    assert client.post(first, sent | {f"version|{name}": "0"}).status_code == 302
    new = Figure.objects.get(park=world.park, quantity="publicity_events", period="2022")
    assert new.history.latest().history_change_reason


def theme_of(figure: Figure) -> str:
    from ecopark.observations.quantity import catalogue

    return str(catalogue()[figure.quantity].theme)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_the_administration_has_the_sites_name_a_switch_of_languages_and_nothing_the_policy_forbids(
    world: World, lang: str
) -> None:
    client, user = world.client_of("admin"), world.people["office"]
    client.cookies["django_language"] = lang
    user.phone = "139"
    user.save()
    role = Membership.objects.get(user=world.people["reviewer"])
    account, of = f"{ACCOUNT}/{user.pk}", f"/admin/people/membership/{role.pk}"
    for address in (
        "/admin/", "/admin/people/", f"{ACCOUNT}/", f"{ACCOUNT}/add/", f"{account}/change/", f"{account}/history/",
        f"{account}/history/{user.history.latest().pk}/", f"{account}/password/", "/admin/people/membership/",
        "/admin/people/membership/add/", f"{of}/change/", f"{of}/history/", f"{of}/delete/", "/admin/otp_totp/totpdevice/",
        "/admin/axes/accessattempt/",
    ):  # fmt: skip
        answer = client.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert "Content-Security-Policy" in answer.headers
        assert ("系统管理" if lang == "zh-hans" else "ecopark administration") in page
        assert 'name="language"' in page
        assert not re.findall(r"<[^>]*\s(?:style|on\w+)=|<style|<script(?![^>]*\ssrc=)(?![^>]*json)", page), address
