// What Zoom's own SDK says of the requests and replies that Parley uses; README.md says for what.
import type {
  MeetingsCreateMeetingRequestBody,
  MeetingsCreateMeetingResponse,
  MeetingsDeleteMeetingQueryParams,
  MeetingsGetMeetingResponse,
  MeetingsListMeetingsQueryParams,
  MeetingsListMeetingsResponse,
  MeetingsUpdateMeetingRequestBody,
} from "@zoom/rivet/meetings";
import type { UsersGetUserResponse } from "@zoom/rivet/users";

export interface Endpoints {
  "users.get": { reply: UsersGetUserResponse };
  "meetings.create": {
    body: MeetingsCreateMeetingRequestBody;
    reply: MeetingsCreateMeetingResponse;
  };
  "meetings.list": {
    query: MeetingsListMeetingsQueryParams;
    reply: MeetingsListMeetingsResponse;
  };
  "meetings.get": { reply: MeetingsGetMeetingResponse };
  "meetings.update": { body: MeetingsUpdateMeetingRequestBody };
  "meetings.delete": { query: MeetingsDeleteMeetingQueryParams };
}
