"""Two-step sign-in: no way in without the code, none twice by the same one, and a way back for who has lost everything."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from ecopark.web.environment import two_factor
from ecopark.web.people import two_step
from ecopark.web.people.models import AccountEvent, ApiToken, User
from ecopark.web.people.sign_in import PATIENCE, WAITING

from .conftest import World

HERE = "/account/two-step/"


def code_of(user: User, ahead: int = 0) -> str:
    """What the phone shows, now or some steps on."""
    device = TOTPDevice.objects.get(user=user)
    found = TOTP(device.bin_key)
    found.time = time.time() + 30 * ahead
    return f"{found.token():06d}"


def wrong_code(user: User) -> str:
    """Six digits that are none of those the phone shows about now."""
    near = {code_of(user, n) for n in range(-3, 6)}
    return next(c for c in (f"{n:06d}" for n in range(100)) if c not in near)


def switched_on(user: User) -> list[str]:
    """Give somebody a second step; its backup codes."""
    two_step.begin(user)
    found, codes = two_step.confirm(user, code_of(user))
    assert found.device is not None
    return codes


def password_given(user: str, after: str = "", lang: str = "zh-hans") -> Client:
    """Somebody who has typed name and password."""
    client = Client()
    client.cookies["django_language"] = lang
    answer = client.post("/login/", {"username": user, "password": "x", "next": after})
    assert (answer.status_code, answer["Location"]) == (302, "/login/code/")
    return client


def is_in(client: Client) -> bool:
    """Whether the park opens."""
    return client.get("/p/alpha/data/").status_code == 200


def no_wait(user: User) -> None:
    """Let the time after a wrong code pass."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).update(throttling_failure_timestamp=timezone.now() - timedelta(days=1))


def test_switched_on_by_scanning_and_a_first_code(world: World) -> None:
    user, client, elsewhere = world.people["office"], world.client_of("office"), world.client_of("office")
    assert client.get("/account/").status_code == 200
    assert client.get(f"{HERE}qr.svg").status_code == 404
    client.post(f"{HERE}begin/")
    page = client.get(HERE)
    assert "no-store" in page["Cache-Control"]
    assert two_step.key_of(TOTPDevice.objects.get(user=user)) in page.content.decode()
    drawn = client.get(f"{HERE}qr.svg")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert "no-store" in drawn["Cache-Control"]
    assert b"style=" not in drawn.content and b"<script" not in drawn.content
    right = {"code": code_of(user), "password": "x"}
    for wrong, said in (({"password": "y"}, "密码不对"), ({"code": wrong_code(user)}, "验证码不对")):
        answer = client.post(f"{HERE}confirm/", right | wrong)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not two_step.has(user)
    no_wait(user)
    answer = client.post(f"{HERE}confirm/", right)
    codes = re.findall(r"<li><code>([a-z2-7]{8})</code>", answer.content.decode())
    assert len(set(codes)) == two_step.CODES
    assert "no-store" in answer["Cache-Control"]
    assert codes[0] not in client.get(HERE).content.decode()
    assert client.get(f"{HERE}qr.svg").status_code == 404
    assert is_in(client)
    assert not is_in(elsewhere), "a session from before the switch is none any more"
    assert [e.what for e in AccountEvent.objects.filter(user=user)] == ["two_step_on"]


@pytest.mark.parametrize(("lang", "said"), [("zh-hans", "验证码不对"), ("en", "That code is wrong")])
def test_signing_in_asks_for_the_code_and_a_wrong_one_opens_nothing(world: World, lang: str, said: str) -> None:
    user = world.people["office"]
    switched_on(user)
    client = password_given("office", "/p/alpha/data/", lang)
    assert not is_in(client)
    assert client.get("/login/code/").status_code == 200
    wrong = client.post("/login/code/", {"code": wrong_code(user)})
    assert wrong.status_code == 422
    assert said in wrong.content.decode()
    assert not is_in(client)
    no_wait(user)
    answer = client.post("/login/code/", {"code": f" {code_of(user, 1)[:3]} {code_of(user, 1)[3:]} "})
    assert (answer.status_code, answer["Location"]) == (302, "/p/alpha/data/")
    assert is_in(client)


def test_a_code_is_good_for_one_time(world: World) -> None:
    user = world.people["office"]
    switched_on(user)
    seen = code_of(user, 1)
    assert password_given("office").post("/login/code/", {"code": seen}).status_code == 302
    second = password_given("office")
    assert second.post("/login/code/", {"code": seen}).status_code == 422
    assert not is_in(second)


def test_a_backup_code_is_used_up(world: World) -> None:
    user = world.people["office"]
    codes = switched_on(user)
    first = password_given("office")
    assert first.post("/login/code/", {"code": f"{codes[0][:4]}-{codes[0][4:]}".upper()}).status_code == 302
    assert is_in(first)
    assert two_step.codes_left(user) == two_step.CODES - 1
    second = password_given("office")
    assert second.post("/login/code/", {"code": codes[0]}).status_code == 422
    assert not is_in(second)
    assert AccountEvent.objects.filter(user=user, what="code_used").count() == 1


def test_nobodys_code_is_good_for_somebody_else(world: World) -> None:
    office, firm = world.people["office"], world.people["firm"]
    codes = switched_on(office)
    switched_on(firm)
    client = password_given("firm")
    for code in (code_of(office, 1), codes[0], ""):
        no_wait(firm)
        assert client.post("/login/code/", {"code": code}).status_code == 422
    assert two_step.codes_left(office) == two_step.CODES


def test_after_a_wrong_code_the_right_one_has_to_wait(world: World) -> None:
    user = world.people["office"]
    switched_on(user)
    client = password_given("office", lang="en")
    for _ in range(3):
        no_wait(user)
        client.post("/login/code/", {"code": wrong_code(user)})
    answer = client.post("/login/code/", {"code": code_of(user, 1)})
    assert answer.status_code == 422
    assert "Too many wrong codes: wait 4 second" in answer.content.decode()
    no_wait(user)
    assert client.post("/login/code/", {"code": code_of(user, 1)}).status_code == 302


def test_who_guesses_on_is_locked_out_with_the_right_password_too(world: World, settings: Any) -> None:
    settings.AXES_ENABLED = True
    user = world.people["office"]
    switched_on(user)
    client = password_given("office")
    answers = []
    for _ in range(settings.AXES_FAILURE_LIMIT):
        no_wait(user)
        answers.append(client.post("/login/code/", {"code": wrong_code(user)}))
    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert "暂时不能登录" in answers[-1].content.decode()
    no_wait(user)
    right = client.post("/login/code/", {"code": code_of(user, 1)})
    assert right.status_code == 429
    assert not is_in(client)
    assert Client().post("/login/", {"username": "office", "password": "x"}).status_code == 429


def test_the_right_password_again_does_not_clear_the_count(world: World, settings: Any) -> None:
    settings.AXES_ENABLED = True
    user = world.people["office"]
    switched_on(user)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client = password_given("office")
        no_wait(user)
        answer = client.post("/login/code/", {"code": wrong_code(user)})
    assert answer.status_code == 429


def test_the_administration_is_no_way_round(world: World) -> None:
    user = world.people["admin"]
    switched_on(user)
    old = world.client_of("admin")
    assert old.get("/admin/").status_code == 302
    client = Client()
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/admin/login/")
    answer = client.post("/admin/login/?next=/admin/", {"username": "admin", "password": "x", "next": "/admin/"})
    assert answer["Location"] == "/login/code/"
    assert client.get("/admin/").status_code == 302
    assert client.post("/login/code/", {"code": code_of(user, 1)})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    shown = client.get(f"/admin/otp_totp/totpdevice/{TOTPDevice.objects.get(user=user).pk}/change/")
    assert TOTPDevice.objects.get(user=user).key not in shown.content.decode()


def test_the_password_counts_for_ten_minutes_and_only_while_it_is_the_password(world: World) -> None:
    user = world.people["office"]
    switched_on(user)
    late = password_given("office")
    session = late.session
    session[WAITING] = session[WAITING] | {"at": time.time() - PATIENCE}
    session.save()
    assert late.post("/login/code/", {"code": code_of(user, 1)})["Location"] == "/login/"
    changed = password_given("office")
    user.set_password("other")
    user.save()
    assert changed.post("/login/code/", {"code": code_of(user, 1)})["Location"] == "/login/"
    user.set_password("x")
    user.save()
    barred = password_given("office")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert barred.post("/login/code/", {"code": code_of(user, 1)})["Location"] == "/login/"
    assert Client().get("/login/code/")["Location"] == "/login/"
    assert not any(is_in(c) for c in (late, changed, barred))


def test_the_way_on_stays_on_this_site(world: World) -> None:
    user = world.people["office"]
    switched_on(user)
    client = password_given("office", "https://elsewhere.example/p/alpha/")
    assert client.post("/login/code/", {"code": code_of(user, 1)})["Location"] == "/"


@pytest.mark.parametrize(
    ("setting", "asked"), [("", ()), ("staff", ("admin", "office")), ("all", ("admin", "office", "firm"))]
)
def test_who_must_have_it_gets_no_further_than_to_it(
    world: World, settings: Any, setting: str, asked: tuple[str, ...]
) -> None:
    settings.TWO_FACTOR = setting
    for role in ("admin", "office", "firm"):
        client = world.client_of(role)
        answer = client.get("/p/alpha/data/")
        if role not in asked:
            assert answer.status_code == 200
            continue
        assert (answer.status_code, answer["Location"]) == (302, HERE)
        assert "本站要求您使用两步验证" in client.get(HERE).content.decode()
        assert client.get("/p/alpha/data/", headers={"HX-Request": "true"})["HX-Redirect"] == HERE
        assert client.post("/account/tokens/make/", {"name": "x"})["Location"] == HERE
        assert client.get("/api/v1/parks").status_code == 401
        assert client.get("/admin/")["Location"] == HERE
        client.post(f"{HERE}begin/")
        done = client.post(f"{HERE}confirm/", {"code": code_of(world.people[role]), "password": "x"})
        assert done.status_code == 200
        assert is_in(client)
        off = client.post(f"{HERE}off/", {"code": code_of(world.people[role], 1)})
        assert off.status_code == 422
        assert two_step.has(world.people[role])


def test_tokens_are_not_asked_for_a_code(world: World, settings: Any) -> None:
    settings.TWO_FACTOR = "all"
    _, text = ApiToken.issue(world.people["office"], "script")
    asked = {"headers": {"Authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/parks", **asked).status_code == 200
    switched_on(world.people["office"])
    assert Client().get("/api/v1/parks", **asked).status_code == 200


def test_a_session_without_its_second_step_opens_no_api(world: World) -> None:
    switched_on(world.people["office"])
    assert world.client_of("office").get("/api/v1/parks").status_code == 401


def test_new_codes_void_the_old_ones_and_switching_off_takes_a_code(world: World) -> None:
    user, client = world.people["office"], world.client_of("office")
    client.post(f"{HERE}begin/")
    client.post(f"{HERE}confirm/", {"code": code_of(user), "password": "x"})
    old = set(StaticToken.objects.filter(device__user=user).values_list("token", flat=True))
    assert client.post(f"{HERE}codes/", {"code": wrong_code(user)}).status_code == 422
    no_wait(user)
    assert client.post(f"{HERE}codes/", {"code": code_of(user, 1)}).status_code == 200
    new = set(StaticToken.objects.filter(device__user=user).values_list("token", flat=True))
    assert len(new) == two_step.CODES and not new & old
    assert client.post(f"{HERE}off/", {"code": old.pop()}).status_code == 422
    assert two_step.has(user)
    no_wait(user)
    assert client.post(f"{HERE}off/", {"code": new.pop()})["Location"] == "/account/"
    assert not two_step.has(user)
    assert not StaticToken.objects.filter(device__user=user).exists()
    assert Client().post("/login/", {"username": "office", "password": "x"})["Location"] == "/"


def test_an_administrator_resets_and_nobody_else(world: World) -> None:
    user = world.people["office"]
    switched_on(user)
    address = f"/account/people/{user.pk}/reset/"
    for role in ("office", "consultant", "firm", "reviewer", "anonymous"):
        assert world.client_of(role).get("/account/people/").status_code == 404
        assert world.client_of(role).post(address, {"why": "lost"}).status_code == 404
    admin = world.client_of("admin")
    assert "office" in admin.get("/account/people/?q=off").content.decode()
    admin.post(address, {"why": " "})
    assert two_step.has(user), "without a reason nothing is done"
    admin.post(address, {"why": "手机丢失，已当面核实"})
    assert not two_step.has(user)
    event = AccountEvent.objects.get(user=user, what="two_step_reset")
    assert (event.by, event.why) == (world.people["admin"], "手机丢失，已当面核实")
    assert "手机丢失" in admin.get("/account/people/").content.decode()
    assert is_in(world.client_of("office"))


def test_an_administrator_lets_in_who_is_locked_out_and_nobody_else_does(world: World, settings: Any) -> None:
    settings.AXES_ENABLED = True
    user, right = world.people["office"], {"username": "office", "password": "x"}
    address = f"/account/people/{user.pk}/let-in/"
    admin = world.client_of("admin")
    admin.post(address, {"why": "nothing to do"})
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": "office", "password": "wrong"})
    assert Client().post("/login/", right).status_code == 429
    for role in ("consultant", "firm", "reviewer", "anonymous"):
        assert world.client_of(role).post(address, {"why": "x"}).status_code == 404
    assert address in admin.get("/account/people/").content.decode()
    admin.post(address, {"why": " "})
    assert Client().post("/login/", right).status_code == 429, "without a reason nothing is done"
    admin.post(address, {"why": "本人来电，已核实"})
    assert Client().post("/login/", right)["Location"] == "/"
    event = AccountEvent.objects.get(user=user, what="let_in")
    assert (event.by, event.why) == (world.people["admin"], "本人来电，已核实")
    text = admin.get("/account/people/").content.decode()
    assert "本人来电" in text
    assert address not in text


def test_who_is_let_in_after_wrong_codes_need_not_wait_for_the_next(world: World, settings: Any) -> None:
    settings.AXES_ENABLED = True
    user = world.people["office"]
    switched_on(user)
    client = password_given("office")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        no_wait(user)
        answer = client.post("/login/code/", {"code": wrong_code(user)})
    assert answer.status_code == 429
    world.client_of("admin").post(f"/account/people/{user.pk}/let-in/", {"why": "本人来电，已核实"})
    client = password_given("office")
    assert client.post("/login/code/", {"code": code_of(user, 1)}).status_code == 302
    assert is_in(client)


def test_the_machine_itself_lets_the_last_administrator_in(world: World, capsys: Any) -> None:
    switched_on(world.people["admin"])
    call_command("two_step_reset", "admin")
    assert not two_step.has(world.people["admin"])
    call_command("two_step_reset", "admin")
    assert capsys.readouterr().out.splitlines() == ["reset / 已重置", "there was none / 未启用"]
    with pytest.raises(CommandError):
        call_command("two_step_reset", "nobody")


def test_the_setting_is_one_of_its_words() -> None:
    assert [two_factor(w) for w in ("", "off", " Staff ", "ALL")] == ["", "", "staff", "all"]
    with pytest.raises(ValueError, match="ECOPARK_TWO_FACTOR is 'yes'"):
        two_factor("yes")
