"""Routes under /api/users."""

from django.urls import path

from auth_service.accounts.api import views

urlpatterns = [
    path("signup", views.SignUp.as_view()),
    path("signin", views.SignIn.as_view()),
    path("signout", views.SignOut.as_view()),
    path("currentuser", views.CurrentUser.as_view()),
    path("refresh", views.RefreshSession.as_view()),
    path("token", views.IssueToken.as_view()),
    path("jwks.json", views.PublicKeys.as_view()),
]
