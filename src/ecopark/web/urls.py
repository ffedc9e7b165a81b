"""Every address of the site. What a person may do there is decided in the view, by `people.access.enter`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from ecopark.web.api import main as api
from ecopark.web.pages import home, story
from ecopark.web.people import sign_in
from ecopark.web.search import views as search

urlpatterns = [
    path("", home.home, name="home"),
    path("story/", story.story, name="story"),
    path("story/act/", story.act, name="story-act"),
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/code/", sign_in.code, name="login-code"),
    # where a browser looks by itself when a page, as those of Django's administration, names no icon
    path("favicon.ico", RedirectView.as_view(url=static("built/icon.svg"))),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("admin/login/", sign_in.SignIn.as_view()),  # before Django's own, which would ask for a password alone
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    path("account/", include("ecopark.web.people.urls")),
    path("parks/", include("ecopark.web.many.urls")),
    path("api/v1/", api.api.urls),
    path("api/openapi.json", api.openapi, name="api-schema"),
    path("api/docs", api.docs, name="api-docs"),
    path("search/", search.everywhere, name="search-all"),
    path("jobs/", include("ecopark.web.jobs.urls")),
    path("p/<slug:slug>/", include("ecopark.web.parks.urls")),
    path("p/<slug:slug>/data/", include("ecopark.web.figures.urls")),
    path("p/<slug:slug>/assess/", include("ecopark.web.assess.urls")),
    path("p/<slug:slug>/comments/", include("ecopark.web.comments.urls")),
    path("p/<slug:slug>/tasks/", include("ecopark.web.tasks.urls")),
    path("p/<slug:slug>/cases/", include("ecopark.web.cases.urls")),
    path("p/<slug:slug>/projects/", include("ecopark.web.projects.urls")),
    path("p/<slug:slug>/firms/", include("ecopark.web.firms.urls")),
    path("p/<slug:slug>/rules/", include("ecopark.web.rules.urls")),
    path("p/<slug:slug>/", include("ecopark.web.search.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("gallery/", include("ecopark.web.gallery")))

handler400 = "ecopark.web.pages.errors.bad_request"
handler403 = "ecopark.web.pages.errors.forbidden"
handler404 = "ecopark.web.pages.errors.not_found"
handler500 = "ecopark.web.pages.errors.broken"
