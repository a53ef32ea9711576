"""The console: what members see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from handlers.pages import (
    console_activity,
    console_booking_pages,
    console_bookings,
    console_connection_matrix,
    console_connections,
    console_directory,
    console_explanations,
    console_external_member_edits,
    console_external_member_mails,
    console_external_members,
    console_grid,
    console_import,
    console_integrations,
    console_invitations,
    console_me,
    console_member_import,
    console_page_editor,
    console_personal_records,
    console_platform_policy,
    console_security,
    console_sending,
    console_settings,
    console_team,
    console_times,
    console_today,
    console_working_hours,
)
from handlers.pages.entry import answer, page_app
from handlers.sessions import staff

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = page_app()
logger = Logger()


@app.get("/console")
def get_today() -> Response[str]:
    return console_today.today_page(staff(app.current_event))


@app.get("/console/bookings")
def get_bookings() -> Response[str]:
    return console_bookings.list_page(staff(app.current_event), app.current_event)


@app.get("/console/bookings.csv")
def get_bookings_table() -> Response[str]:
    return console_bookings.export(staff(app.current_event), app.current_event)


@app.get("/console/bookings/new")
def get_new_booking() -> Response[str]:
    return console_times.new_booking_page(staff(app.current_event), app.current_event)


@app.post("/console/bookings/new")
def post_new_booking() -> Response[str]:
    return console_times.book(staff(app.current_event), app.current_event)


@app.get("/console/bookings/<booking_id>")
def get_booking(booking_id: str) -> Response[str]:
    return console_bookings.detail_page(staff(app.current_event), booking_id, app.current_event)


@app.post("/console/bookings/<booking_id>/approval")
def post_approval(booking_id: str) -> Response[str]:
    return console_bookings.approve(staff(app.current_event), booking_id)


@app.post("/console/bookings/<booking_id>/decline")
def post_decline(booking_id: str) -> Response[str]:
    return console_bookings.decline(staff(app.current_event), booking_id, app.current_event)


@app.post("/console/bookings/<booking_id>/cancellation")
def post_cancellation(booking_id: str) -> Response[str]:
    return console_bookings.cancel(staff(app.current_event), booking_id, app.current_event)


@app.post("/console/bookings/<booking_id>/no-show")
def post_no_show(booking_id: str) -> Response[str]:
    return console_bookings.miss(staff(app.current_event), booking_id)


@app.get("/console/bookings/<booking_id>/move")
def get_move(booking_id: str) -> Response[str]:
    return console_times.move_page(staff(app.current_event), booking_id, app.current_event)


@app.post("/console/bookings/<booking_id>/move")
def post_move(booking_id: str) -> Response[str]:
    return console_times.move(staff(app.current_event), booking_id, app.current_event)


@app.get("/console/external-members")
def get_external_members() -> Response[str]:
    return console_external_members.list_page(staff(app.current_event), app.current_event)


@app.get("/console/external-members/new")
def get_invitation() -> Response[str]:
    return console_external_members.invitation_page(staff(app.current_event))


@app.post("/console/external-members/new")
def post_invitation() -> Response[str]:
    return console_external_members.invite(staff(app.current_event), app.current_event)


@app.get("/console/external-members/grid")
def get_grid() -> Response[str]:
    return console_grid.grid_page(staff(app.current_event), app.current_event)


@app.get("/console/external-members/import")
def get_external_import() -> Response[str]:
    return console_import.import_page(staff(app.current_event))


@app.post("/console/external-members/import")
def post_external_import() -> Response[str]:
    by = staff(app.current_event)
    return console_import.run_import(by, app.current_event, app.lambda_context)


@app.get("/console/external-members/<external_member_id>")
def get_external_member(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_external_members.detail_page(by, external_member_id, app.current_event)


@app.get("/console/external-members/<external_member_id>/edit")
def get_edit(external_member_id: str) -> Response[str]:
    return console_external_member_edits.edit_page(staff(app.current_event), external_member_id)


@app.post("/console/external-members/<external_member_id>/edit")
def post_edit(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_external_member_edits.edit(by, external_member_id, app.current_event)


@app.get("/console/external-members/<external_member_id>/availability-requests")
def get_request(external_member_id: str) -> Response[str]:
    return console_external_members.request_page(staff(app.current_event), external_member_id)


@app.post("/console/external-members/<external_member_id>/availability-requests")
def post_request(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_external_members.request(by, external_member_id, app.current_event)


@app.post("/console/external-members/<external_member_id>/availability")
def post_availability(external_member_id: str) -> Response[str]:
    return console_external_members.availability_page(staff(app.current_event), external_member_id)


@app.get("/console/external-members/<external_member_id>/deletion")
def get_deletion(external_member_id: str) -> Response[str]:
    return console_external_members.deletion_page(staff(app.current_event), external_member_id)


@app.post("/console/external-members/<external_member_id>/deletion")
def post_deletion(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_external_members.delete(by, external_member_id, app.current_event)


@app.post("/console/external-members/<external_member_id>/link")
def post_link(external_member_id: str) -> Response[str]:
    return console_external_member_mails.link_page(staff(app.current_event), external_member_id)


@app.get("/console/external-members/<external_member_id>/suppression")
def get_suppression(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_external_member_mails.suppression_page(by, external_member_id)


@app.post("/console/external-members/<external_member_id>/suppression")
def post_suppression(external_member_id: str) -> Response[str]:
    return console_external_member_mails.lift(staff(app.current_event), external_member_id)


@app.get("/console/booking-pages")
def get_booking_pages() -> Response[str]:
    return console_booking_pages.list_page(staff(app.current_event), app.current_event)


@app.get("/console/booking-pages/new")
def get_new_booking_page() -> Response[str]:
    return console_page_editor.new_page(staff(app.current_event), app.current_event)


@app.post("/console/booking-pages/new")
def post_new_booking_page() -> Response[str]:
    return console_page_editor.add(staff(app.current_event), app.current_event)


@app.get("/console/booking-pages/<slug>")
def get_booking_page(slug: str) -> Response[str]:
    return console_page_editor.edit_page(staff(app.current_event), slug, app.current_event)


@app.post("/console/booking-pages/<slug>")
def post_booking_page(slug: str) -> Response[str]:
    return console_page_editor.edit(staff(app.current_event), slug, app.current_event)


@app.post("/console/booking-pages/<slug>/copies")
def post_copy(slug: str) -> Response[str]:
    return console_booking_pages.copy(staff(app.current_event), slug)


@app.post("/console/booking-pages/<slug>/state")
def post_state(slug: str) -> Response[str]:
    return console_booking_pages.switch(staff(app.current_event), slug, app.current_event)


@app.get("/console/booking-pages/<slug>/preview")
def get_preview(slug: str) -> Response[str]:
    return console_booking_pages.preview_page(staff(app.current_event), slug)


@app.get("/console/booking-pages/<slug>/explanations")
def get_explanations(slug: str) -> Response[str]:
    return console_explanations.explanations_page(staff(app.current_event), slug, app.current_event)


@app.get("/console/integrations")
def get_integrations() -> Response[str]:
    return console_integrations.integrations_page(staff(app.current_event), app.current_event)


@app.post("/console/integrations/external-members")
def post_external_members_switch() -> Response[str]:
    return console_integrations.switch_external_members(staff(app.current_event), app.current_event)


@app.get("/console/integrations/<platform>/off")
def get_platform_off(platform: str) -> Response[str]:
    return console_connections.off_page(staff(app.current_event), platform)


@app.post("/console/integrations/<platform>/off")
def post_platform_off(platform: str) -> Response[str]:
    return console_connections.disconnect(staff(app.current_event), platform)


@app.post("/console/integrations/<provider>/calendars")
def post_calendars(provider: str) -> Response[str]:
    by = staff(app.current_event)
    return console_integrations.save_calendars(by, provider, app.current_event)


@app.get("/console/integrations/members")
def get_connections() -> Response[str]:
    return console_connection_matrix.list_page(staff(app.current_event), app.current_event)


@app.get("/console/integrations/members.csv")
def get_connections_table() -> Response[str]:
    return console_connection_matrix.export(staff(app.current_event), app.current_event)


@app.post("/console/integrations/members/requests")
def post_connect_request() -> Response[str]:
    return console_connection_matrix.ask(staff(app.current_event), app.current_event)


@app.get("/console/integrations/members/<member_id>/<provider>/removal")
def get_connection_removal(member_id: str, provider: str) -> Response[str]:
    return console_connection_matrix.removal_page(staff(app.current_event), member_id, provider)


@app.post("/console/integrations/members/<member_id>/<provider>/removal")
def post_connection_removal(member_id: str, provider: str) -> Response[str]:
    return console_connection_matrix.remove(staff(app.current_event), member_id, provider)


@app.get("/console/integrations/policy")
def get_policy() -> Response[str]:
    return console_platform_policy.policy_page(staff(app.current_event), app.current_event)


@app.post("/console/integrations/policy")
def post_policy() -> Response[str]:
    return console_platform_policy.save(staff(app.current_event), app.current_event)


@app.get("/console/activity")
def get_activity() -> Response[str]:
    return console_activity.list_page(staff(app.current_event), app.current_event)


@app.get("/console/activity.csv")
def get_activity_table() -> Response[str]:
    return console_activity.export(staff(app.current_event), app.current_event)


@app.get("/console/working-hours")
def get_working_hours() -> Response[str]:
    return console_working_hours.hours_page(staff(app.current_event), app.current_event)


@app.post("/console/working-hours")
def post_working_hours() -> Response[str]:
    return console_working_hours.save(staff(app.current_event), app.current_event)


@app.get("/console/security")
def get_security() -> Response[str]:
    return console_security.security_page(staff(app.current_event))


@app.post("/console/security/sessions")
def post_end_sessions() -> Response[str]:
    return console_security.end_own_sessions(staff(app.current_event))


@app.get("/console/settings")
def get_settings() -> Response[str]:
    return console_settings.settings_page(staff(app.current_event), app.current_event)


@app.post("/console/settings")
def post_settings() -> Response[str]:
    return console_settings.save(staff(app.current_event), app.current_event)


@app.get("/console/settings/sending")
def get_sending() -> Response[str]:
    return console_sending.sending_page(staff(app.current_event), app.current_event)


@app.post("/console/settings/sending")
def post_sending() -> Response[str]:
    return console_sending.resume(staff(app.current_event))


@app.get("/console/settings/data")
def get_personal_records() -> Response[str]:
    by = staff(app.current_event)
    return console_personal_records.personal_records_page(by, app.current_event)


@app.post("/console/settings/data/export")
def post_export() -> Response[str]:
    return console_personal_records.export(staff(app.current_event), app.current_event)


@app.post("/console/settings/data/erasure")
def post_erasure() -> Response[str]:
    by = staff(app.current_event)
    return console_personal_records.erase(by, app.current_event, app.lambda_context)


@app.get("/console/me")
def get_me() -> Response[str]:
    return console_me.my_page(staff(app.current_event), app.current_event)


@app.post("/console/me")
def post_me() -> Response[str]:
    return console_me.save(staff(app.current_event), app.current_event)


@app.get("/console/team")
def get_team() -> Response[str]:
    return console_team.list_page(staff(app.current_event), app.current_event)


@app.get("/console/team.csv")
def get_team_table() -> Response[str]:
    return console_team.export(staff(app.current_event), app.current_event)


@app.get("/console/team/import")
def get_new_import() -> Response[str]:
    return console_member_import.new_page(staff(app.current_event))


@app.post("/console/team/import")
def post_new_import() -> Response[str]:
    return console_member_import.try_out(staff(app.current_event), app.current_event)


@app.get("/console/team/import/template.csv")
def get_import_template() -> Response[str]:
    return console_member_import.template_file(staff(app.current_event))


@app.get("/console/team/imports/<import_id>")
def get_import(import_id: str) -> Response[str]:
    by = staff(app.current_event)
    return console_member_import.import_page(by, import_id, app.current_event)


@app.post("/console/team/imports/<import_id>")
def post_import(import_id: str) -> Response[str]:
    return console_member_import.start(staff(app.current_event), import_id)


@app.get("/console/team/<member_id>")
def get_member(member_id: str) -> Response[str]:
    return console_team.member_page(staff(app.current_event), member_id, app.current_event)


@app.post("/console/team/<member_id>")
def post_member(member_id: str) -> Response[str]:
    return console_team.edit(staff(app.current_event), member_id, app.current_event)


@app.get("/console/team/<member_id>/removal")
def get_member_removal(member_id: str) -> Response[str]:
    return console_team.removal_page(staff(app.current_event), member_id)


@app.post("/console/team/<member_id>/removal")
def post_member_removal(member_id: str) -> Response[str]:
    return console_team.remove(staff(app.current_event), member_id, app.current_event)


@app.get("/console/team/invitations")
def get_invitations() -> Response[str]:
    return console_invitations.list_page(staff(app.current_event), app.current_event)


@app.get("/console/team/invitations/new")
def get_new_invitations() -> Response[str]:
    return console_invitations.new_page(staff(app.current_event))


@app.post("/console/team/invitations/new")
def post_new_invitations() -> Response[str]:
    return console_invitations.invite(staff(app.current_event), app.current_event)


@app.post("/console/team/invitations/<invitation_id>/resend")
def post_resend(invitation_id: str) -> Response[str]:
    return console_invitations.send_again(staff(app.current_event), invitation_id)


@app.get("/console/team/invitations/<invitation_id>/revocation")
def get_revocation(invitation_id: str) -> Response[str]:
    return console_invitations.revocation_page(staff(app.current_event), invitation_id)


@app.post("/console/team/invitations/<invitation_id>/revocation")
def post_revocation(invitation_id: str) -> Response[str]:
    return console_invitations.revoke(staff(app.current_event), invitation_id)


@app.get("/console/settings/directory")
def get_directory() -> Response[str]:
    return console_directory.directory_page(staff(app.current_event), app.current_event)


@app.post("/console/settings/directory")
def post_directory() -> Response[str]:
    return console_directory.add(staff(app.current_event), app.current_event)


@app.post("/console/settings/directory/<listed_id>")
def post_new_name(listed_id: str) -> Response[str]:
    return console_directory.rename(staff(app.current_event), listed_id, app.current_event)


@app.post("/console/settings/directory/<listed_id>/removal")
def post_removal(listed_id: str) -> Response[str]:
    return console_directory.remove(staff(app.current_event), listed_id, app.current_event)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context)
