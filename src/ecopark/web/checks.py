"""What ``manage.py check --deploy`` says of this site beside what Django says: in the words of our own settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register


@register(Tags.security, deploy=True)
def https(app_configs: Any, **options: Any) -> list[Warning]:
    """Without HTTPS passwords and codes are read on the way; with it the names of the site must be given."""
    if not settings.HTTPS:
        return [
            Warning(
                "The site runs without HTTPS: passwords can be read on the way (W004, W008, W012, W016 all mean this). / "
                "未启用 HTTPS：密码在网络上可被读取（W004、W008、W012、W016 均指此事）。",
                hint="Put a proxy with HTTPS in front and set ECOPARK_HTTPS=1 and ECOPARK_HOSTS; on this machine alone it may "
                "stay so. / 前置 HTTPS 代理并设置 ECOPARK_HTTPS=1 与 ECOPARK_HOSTS；仅本机使用可不启用。",
                id="ecopark.W001",
            )
        ]
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Warning(
                "Every host name is served. / 任何主机名都会被接受。",
                hint="Set ECOPARK_HOSTS to the names of the site. / 请用 ECOPARK_HOSTS 写明网站的主机名。",
                id="ecopark.W002",
            )
        ]
    return []
