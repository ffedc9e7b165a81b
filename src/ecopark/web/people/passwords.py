"""What a password must be, said in both languages: Django's Chinese has no words for one that is too short."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator

from ecopark.web.templatetags.ui import t


class LongEnough(MinimumLengthValidator):
    """So many characters at least."""

    def get_error_message(self) -> str:
        """What is wrong with a shorter one."""
        return t(
            f"密码太短，至少 {self.min_length} 个字符。", f"This password is too short: {self.min_length} characters at least."
        )  # fmt: skip
