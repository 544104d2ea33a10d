"""Routes under /api/users."""

from django.urls import path

from auth_service.accounts.api import emails, sessions, staff, views

urlpatterns = [
    path("signup", views.SignUp.as_view()),
    path("signin", views.SignIn.as_view()),
    path("signout", views.SignOut.as_view()),
    path("currentuser", views.CurrentUser.as_view()),
    path("refresh", views.RefreshSession.as_view()),
    path("token", views.IssueToken.as_view()),
    path("sessions", sessions.SessionList.as_view()),
    path("sessions/<uuid:session_id>", sessions.SessionDetail.as_view()),
    path("password", sessions.ChangePassword.as_view()),
    path("password/forgot", emails.ForgotPassword.as_view()),
    path("password/reset", emails.ResetPassword.as_view()),
    path("email/verification", emails.SendVerification.as_view()),
    path("email/verify", emails.VerifyEmail.as_view()),
    path("staff/search", staff.SearchAccounts.as_view()),
    path("staff/today", staff.ShowAccountsToday.as_view()),
    path("staff/users/<uuid:user_id>", staff.StaffAccountDetail.as_view()),
    path("staff/users/<uuid:user_id>/suspend", staff.SuspendAccount.as_view()),
    path("staff/users/<uuid:user_id>/reinstate", staff.ReinstateAccount.as_view()),
    path("jwks.json", views.PublicKeys.as_view()),
]
