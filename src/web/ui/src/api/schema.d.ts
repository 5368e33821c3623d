/* Written by dev/generate.mjs from the center's OpenAPI document: change the server, not this. */
export interface paths {
  "/api/v1/blobs/{sha256}": {
    get: {
      parameters: { path: { sha256: string } };
      responses: { 200: { content: { "application/pdf": unknown } } };
    };
  };
  "/api/v1/bookings": {
    get: {
      parameters: { query?: { day?: string | null } };
      responses: { 200: { content: { "application/json": components["schemas"]["BookingList"] } } };
    };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewBooking"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["OneBooking"] } } };
    };
  };
  "/api/v1/bookings/arrive": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Arriving"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["ArrivedTicket"] } } };
    };
  };
  "/api/v1/bookings/cancel": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["BookingCodeGiven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneBooking"] } } };
    };
  };
  "/api/v1/bookings/slots": {
    get: {
      parameters: {
        query: {
          service: string;
          day?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["SlotList"] } } };
    };
  };
  "/api/v1/clock": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["ClockView"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["ClockSet"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["ClockView"] } } };
    };
  };
  "/api/v1/counters": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["CounterView"][] } } } };
  };
  "/api/v1/counters/{n}/begin": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/call-next": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/calls": {
    get: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterCalls"] } } };
    };
  };
  "/api/v1/counters/{n}/card": {
    get: {
      parameters: { path: { n: number } };
      responses: {
        200: { content: { "application/json": components["schemas"]["CardShown"] } };
        204: { content?: never };
      };
    };
    delete: {
      parameters: { path: { n: number } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/counters/{n}/close": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/complete": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/go-on": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/hold": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Holding"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/next-services": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["NextServices"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/no-show": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/open": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/pause": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Pausing"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/recall": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/resume": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Resuming"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/transfer": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Transferring"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/deadline-preview": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["DeadlineAsked"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DeadlineView"] } } };
    };
  };
  "/api/v1/devices": { get: { responses: { 200: { content: { "application/json": components["schemas"]["DeviceView"][] } } } } };
  "/api/v1/devices/{id}/try": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["TriedView"] } } };
    };
  };
  "/api/v1/discovered": { get: { responses: { 200: { content: { "application/json": components["schemas"]["SeenView"][] } } } } };
  "/api/v1/dossiers": {
    get: {
      parameters: {
        query?: {
          view?: string | null;
          q?: string | null;
          page?: number;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierPage"] } } };
    };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewDossier"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/accept": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/hand-over": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["HandingOver"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/print-slip": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["SlipWanted"] } };
      responses: { 202: { content: { "application/json": components["schemas"]["PrintJobStarted"] } } };
    };
  };
  "/api/v1/dossiers/{id}/refuse": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Declining"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/result": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["ResultGiven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/return": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Returning"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/scans": {
    post: {
      parameters: {
        query: { component: number };
        path: { id: string };
      };
      requestBody: { content: { "application/pdf": number[] } };
      responses: { 201: { content: { "application/json": components["schemas"]["ScanStored"] } } };
    };
  };
  "/api/v1/dossiers/{id}/slip.pdf": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/pdf": unknown } } };
    };
  };
  "/api/v1/dossiers/{id}/take-back": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/events": {
    get: {
      parameters: { query?: { limit?: number | null } };
      responses: { 200: { content: { "application/json": components["schemas"]["EventView"][] } } };
    };
  };
  "/api/v1/hall": {
    get: {
      responses: {
        200: { content: { "application/json": components["schemas"]["Versioned_HallView"] } };
        204: { content?: never };
      };
    };
  };
  "/api/v1/health": { get: { responses: { 200: { content: { "application/json": components["schemas"]["HealthView"] } } } } };
  "/api/v1/kiosk/speech": {
    get: {
      parameters: {
        query: {
          step: string;
          label?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["SpeechView"] } } };
    };
  };
  "/api/v1/kiosk/ways": {
    get: {
      parameters: { query?: { q?: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["WaysView"] } } };
    };
  };
  "/api/v1/messages": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["MessageView"][] } } } };
  };
  "/api/v1/messages/{id}/read": {
    post: {
      parameters: { path: { id: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/officers": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["OfficerSkillsView"][] } } } };
  };
  "/api/v1/officers/{id}/skills": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["SettingSkills"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["OfficerSkillsView"][] } } };
    };
  };
  "/api/v1/paired": { get: { responses: { 200: { content: { "application/json": components["schemas"]["PairedView"][] } } } } };
  "/api/v1/paired/{device}/revoke": {
    post: {
      parameters: { path: { device: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/pairings": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["PairingView"][] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewPairing"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["PairingOpened"] } } };
    };
  };
  "/api/v1/pairings/claim": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["PairingClaim"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["PairingAnswer"] } } };
    };
  };
  "/api/v1/pairings/{code}/approve": {
    post: {
      parameters: { path: { code: string } };
      requestBody: { content: { "application/json": components["schemas"]["PairingApproval"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["PairedView"] } } };
    };
  };
  "/api/v1/pairings/{code}/refuse": {
    post: {
      parameters: { path: { code: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/print-jobs/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["PrintJobShown"] } } };
    };
  };
  "/api/v1/priority-grounds": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["GroundView"][] } } } };
  };
  "/api/v1/procedures": {
    get: {
      parameters: { query?: { q?: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["ProcedureView"][] } } };
    };
  };
  "/api/v1/procedures/{code}": {
    get: {
      parameters: { path: { code: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["ProcedureView"] } } };
    };
  };
  "/api/v1/queue-policy": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["PolicyView"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["ChoosingPolicy"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["PolicyView"] } } };
    };
  };
  "/api/v1/queue-policy/delivered": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["BackToDelivered"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["PolicyView"] } } };
    };
  };
  "/api/v1/queue-policy/replay": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["PolicyReplayView"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["ReplayingPolicies"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["PolicyReplayView"] } } };
    };
    delete: { responses: { 204: { content?: never } } };
  };
  "/api/v1/rating-summary": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["RatingSummary"] } } } };
  };
  "/api/v1/ratings": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewRating"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["RatingStored"] } } };
    };
  };
  "/api/v1/ratings/summary": {
    get: {
      parameters: {
        query?: {
          from?: string | null;
          to?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["RatingFigures"] } } };
    };
  };
  "/api/v1/reports/hall": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["HallFiguresView"] } } } };
  };
  "/api/v1/reports/queue": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["ReportView"] } } };
    };
  };
  "/api/v1/reports/queue.csv": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
        };
      };
      responses: { 200: { content: { "text/csv": unknown } } };
    };
  };
  "/api/v1/reports/queue.pdf": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
        };
      };
      responses: { 200: { content: { "application/pdf": unknown } } };
    };
  };
  "/api/v1/reports/queue.xlsx": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
        };
      };
      responses: { 200: { content: { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown } } };
    };
  };
  "/api/v1/services": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["ServiceView"][] } } } };
  };
  "/api/v1/session": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["SessionShown"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Login"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["SessionShown"] } } };
    };
    delete: { responses: { 204: { content?: never } } };
  };
  "/api/v1/surfaces": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["SurfaceView"][] } } } };
  };
  "/api/v1/surfaces/report": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["SurfaceReport"] } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/tablets/{counter}/token": {
    get: {
      parameters: { path: { counter: number } };
      responses: {
        200: { content: { "application/json": components["schemas"]["TokenView"] } };
        204: { content?: never };
      };
    };
  };
  "/api/v1/tickets": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["TicketList"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewTicket"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["IssuedTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}/cancel": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Cancelling"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}/reprint": {
    post: {
      parameters: { path: { id: string } };
      responses: { 202: { content: { "application/json": components["schemas"]["PrintJobStarted"] } } };
    };
  };
  "/api/v1/tickets/{id}/return": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/units": { get: { responses: { 200: { content: { "application/json": components["schemas"]["UnitView"][] } } } } };
  "/api/v1/uplink": {
    get: {
      responses: {
        200: { content: { "application/json": components["schemas"]["Versioned_UplinkView"] } };
        204: { content?: never };
      };
    };
  };
  "/api/v1/voice/{clip}/{tag}": {
    get: {
      parameters: {
        path: {
          clip: string;
          tag: string;
        };
      };
      responses: { 200: { content: { "audio/wav": unknown } } };
    };
  };
}
export interface components {
  schemas: {
    AdviceView: {
      capacity_s: number;
      counters: number;
      last_s: number;
      more: number;
      open: number[];
      people: number;
      services: string[];
      short_s: number;
      within_s: number;
      work_s: number;
    };
    ApplicantView: {
      address?: string | null;
      birth_date?: string | null;
      citizen_number?: string | null;
      name: string;
      phone?: string | null;
      sex?: null | components["schemas"]["Sex"];
    };
    ArrivedTicket: {
      booking: components["schemas"]["BookingView"];
      print_job?: null | components["schemas"]["PrintJobStarted"];
      ticket: components["schemas"]["TicketView"];
      wait?: null | components["schemas"]["WaitView"];
      waiting_ahead: number;
    };
    Arriving: {
      code: string;
      print?: boolean;
    };
    AtRiskView: {
      entries: number;
      medium: string;
      scans: number;
      votes: number;
    };
    BackToDelivered: {
      reason: string;
      seen: number;
    };
    BookingCodeGiven: { code: string };
    BookingKind: "appointment" | "remote";
    BookingList: { bookings: components["schemas"]["BookingView"][] };
    BookingState: "booked" | "too_late" | "arrived" | "missed" | "cancelled";
    BookingView: {
      at_hub: boolean;
      code: string;
      from: string;
      id: string;
      kind: components["schemas"]["BookingKind"];
      made_at: string;
      service: string;
      state: components["schemas"]["BookingState"];
      to: string;
    };
    BoundView: {
      least: number;
      most: number;
    };
    CallEnd: "to_counter" | "to_service" | "came_back" | "carried_over" | "to_next" | "went_on" | "returned_to";
    CallEndView: {
      at: string;
      counter?: number | null;
      end: components["schemas"]["CallEnd"];
      service?: string | null;
    };
    CallKind: "call" | "recall";
    CallPolicy: "guard" | "strict" | "ratio" | "ageing";
    CallRule: "only_regular" | "only_priority" | "priority_first" | "regular_turn" | "priority_turn" | "priority_always" | "priority_share" | "regular_share" | "priority_aged" | "regular_aged" | "overtaken_enough" | "went_on";
    CallView: {
      called_at: string;
      ended?: null | components["schemas"]["CallEndView"];
      reason?: null | components["schemas"]["ReasonView"];
      ticket: components["schemas"]["TicketView"];
    };
    CallWay: "comes" | "moves_on" | "comes_back";
    Cancelling: { reason?: string | null };
    CardShown: {
      card: components["schemas"]["CardView"];
      declared: boolean;
      read_at: string;
    };
    CardView: {
      address: string;
      birth_date: string;
      issued?: string | null;
      name: string;
      number: string;
      old_number?: string | null;
      sex: components["schemas"]["Sex"];
    };
    Channel: "direct" | "online" | "post";
    CheckView: {
      at: string;
      looked_at: number;
      name: string;
      problems: number;
    };
    ChoosingPolicy: {
      overtakes_max?: number | null;
      policy: components["schemas"]["CallPolicy"];
      priority_weight?: number | null;
      reason: string;
      regular_per_priority?: number | null;
      seen: number;
      threshold_min?: number | null;
    };
    ClockSet: { at: string };
    ClockState: "ok" | "wrong" | "suspect";
    ClockView: {
      machine: string;
      now: string;
      state: components["schemas"]["ClockState"];
    };
    ClosedView: {
      code: string;
      sentence: string;
      sentence_en: string;
    };
    CollectorView: {
      name: string;
      number?: string | null;
    };
    CommentView: {
      comment: string;
      day: string;
      level: components["schemas"]["Level"];
      service?: string | null;
      stage: components["schemas"]["Stage"];
    };
    ComponentView: {
      condition?: string | null;
      copies: number;
      name: string;
      originals: number;
      received: boolean;
      scans: components["schemas"]["ScanView"][];
      seq: number;
    };
    CounterAnswer: {
      counter?: null | components["schemas"]["CounterView"];
      reason?: null | components["schemas"]["ReasonView"];
      ticket?: null | components["schemas"]["TicketView"];
    };
    CounterCalls: {
      calls: components["schemas"]["CallView"][];
      more: number;
      served: number;
    };
    CounterState: "closed" | "open" | "paused";
    CounterView: {
      current?: string | null;
      name: string;
      number: number;
      officer?: string | null;
      officer_name?: string | null;
      pause_reason?: null | components["schemas"]["PauseReason"];
      rev: number;
      services: string[];
      state: components["schemas"]["CounterState"];
      withheld: string[];
    };
    CustodyView: {
      state: "held";
    } | {
      at: string;
      state: "handing_over";
      to: string;
    } | {
      at: string;
      state: "passed_on";
      to: string;
      too_late: boolean;
    } | {
      at: string;
      state: "taking_back";
      to: string;
    } | {
      at: string;
      from: string;
      state: "offered";
    } | {
      at: string;
      from: string;
      state: "declined";
    } | {
      state: "accepted_away";
      to: string;
    };
    DeadlineAsked: {
      channel?: null | components["schemas"]["Channel"];
      procedure: string;
      received_at?: string | null;
    };
    DeadlineView: {
      due: string;
      due_at: string;
      provisional: boolean;
      reasons: components["schemas"]["ReasonStep"][];
    };
    Declining: { reason?: string | null };
    DeviceRole: "kiosk" | "hall" | "tablet" | "counter" | "load";
    DeviceState: "online" | "degraded" | "offline";
    DeviceView: {
      class: string;
      counter?: number | null;
      detail: string;
      driver: string;
      id: string;
      reason_code: string;
      since: string;
      state: components["schemas"]["DeviceState"];
      title: string;
      transport: string;
    };
    DossierAnswer: {
      deadline: components["schemas"]["DeadlineView"];
      dossier: components["schemas"]["DossierView"];
      print_job?: null | components["schemas"]["PrintJobStarted"];
      rating_token_issued: boolean;
    };
    DossierPage: {
      given_at?: string | null;
      page_length: number;
      rows: components["schemas"]["DossierRow"][];
      total: number;
    };
    DossierRow: {
      applicant_name: string;
      applicant_number?: string | null;
      channel: components["schemas"]["Channel"];
      code: string;
      custody: components["schemas"]["CustodyView"];
      custody_note?: string | null;
      due: string;
      due_at: string;
      fee_vnd?: number | null;
      holder: string;
      id: string;
      last_hand_over?: null | components["schemas"]["HandOverEndView"];
      procedure: string;
      procedure_name: string;
      received_at: string;
      result_channel: components["schemas"]["ResultChannel"];
      result_title?: string | null;
      returned_at?: string | null;
      state: number;
    };
    DossierView: {
      applicant: components["schemas"]["ApplicantView"];
      channel: components["schemas"]["Channel"];
      code: string;
      components: components["schemas"]["ComponentView"][];
      counter: number;
      custody: components["schemas"]["CustodyView"];
      custody_note?: string | null;
      deadline: components["schemas"]["DeadlineView"];
      fee_vnd?: number | null;
      holder: string;
      id: string;
      last_hand_over?: null | components["schemas"]["HandOverEndView"];
      note?: string | null;
      origin: string;
      procedure: string;
      procedure_name: string;
      procedure_version: number;
      received_at: string;
      received_by: string;
      result?: null | components["schemas"]["ResultView"];
      result_channel: components["schemas"]["ResultChannel"];
      returned?: null | components["schemas"]["ReturnView"];
      rev: number;
      service: string;
      state: number;
      term: number;
      ticket?: string | null;
      ticket_label?: string | null;
    };
    EventView: {
      at: string;
      code: string;
      detail: Record<string, never>;
      source: string;
    };
    FeeKind: "free" | "fee" | "charge" | "set_by_council";
    FeeView: {
      amount_vnd?: number | null;
      kind: components["schemas"]["FeeKind"];
      note?: string | null;
      per?: string | null;
    };
    FiguresView: {
      calls: number;
      cancelled: number;
      completed: number;
      free?: null | components["schemas"]["SpreadView"];
      free_s?: number | null;
      free_waiting_s?: number | null;
      issued: number;
      kept: number;
      left: number;
      no_shows: number;
      promised: number;
      serving: components["schemas"]["SpreadView"];
      transfers: number;
      wait: components["schemas"]["SpreadView"];
      walk: components["schemas"]["SpreadView"];
    };
    ForecastState: "day_over" | "too_few_days" | "no_counter" | "too_few_calls" | "known";
    ForecastView: {
      coming: number;
      days: number;
      days_min: number;
      days_over: number;
      overloads: components["schemas"]["OverloadView"][];
      state: components["schemas"]["ForecastState"];
      until?: string | null;
    };
    GivenPaper: {
      copies?: number;
      originals?: number;
      received: boolean;
      seq: number;
    };
    GroundView: {
      code: string;
      legal_basis: string;
      name_en: string;
      name_vi: string;
      needs_confirmation: boolean;
    };
    HallCallView: {
      at: string;
      counter: number;
      kind: components["schemas"]["CallKind"];
      label: string;
    };
    HallCounterView: {
      label?: string | null;
      name: string;
      number: number;
      pause_reason?: null | components["schemas"]["PauseReason"];
      services?: string[];
      serving?: boolean;
      state: components["schemas"]["CounterState"];
    };
    HallCountersView: {
      calling: number;
      closed: number;
      free: number;
      paused: number;
      serving: number;
    };
    HallFiguresView: {
      advice: components["schemas"]["AdviceView"][];
      at: string;
      counters: components["schemas"]["HallCountersView"];
      forecast: components["schemas"]["ForecastView"];
      lines: components["schemas"]["HallLineView"][];
      work: components["schemas"]["WorkView"][];
      work_assumed: boolean;
    };
    HallLineView: {
      class: components["schemas"]["TicketClass"];
      late: number;
      longest_s: number;
      promise_s: number;
      service: string;
      waiting: number;
    };
    HallNowView: {
      counter: number;
      label: string;
      result?: boolean;
      since: string;
      voice: string[];
      way?: components["schemas"]["CallWay"];
    };
    HallView: {
      calls: components["schemas"]["HallCallView"][];
      counters: components["schemas"]["HallCounterView"][];
      next: string[];
      now?: null | components["schemas"]["HallNowView"];
      unit_name: string;
      waits?: components["schemas"]["HallWaitView"][];
    };
    HallWaitView: {
      break_until?: string | null;
      closes_at?: string | null;
      high_min?: number | null;
      low_min?: number | null;
      name_en: string;
      name_vi: string;
      service: string;
    };
    HandOverEndView: {
      at: string;
      how: components["schemas"]["HandOverEnding"];
      to: string;
    };
    HandOverEnding: "taken_back" | "declined" | "no_box";
    HandingOver: {
      note?: string | null;
      to_node: string;
    };
    HealthView: {
      at_risk?: null | components["schemas"]["AtRiskView"];
      checks: components["schemas"]["CheckView"][];
      clock: components["schemas"]["ClockState"];
      disk: string;
      disk_free_bytes?: number | null;
      node: string;
      now: string;
      restore?: null | components["schemas"]["RestoreView"];
      store: string;
      unit_name: string;
      uplink?: null | components["schemas"]["UplinkView"];
      version: string;
    };
    Holding: { reason?: string | null };
    IssuedTicket: {
      print_job?: null | components["schemas"]["PrintJobStarted"];
      ticket: components["schemas"]["TicketView"];
      wait?: null | components["schemas"]["WaitView"];
      waiting_ahead: number;
    };
    Level: "very_satisfied" | "satisfied" | "dissatisfied";
    LimitUnit: "working_days" | "same_day" | "hours" | "calendar_days";
    LimitView: {
      unit: components["schemas"]["LimitUnit"];
      value: number;
    };
    Login: {
      login: string;
      password: string;
    };
    MessageView: {
      at: string;
      from: string;
      id: string;
      read_at?: string | null;
      read_by?: string | null;
      readers: string[];
      text: string;
    };
    NewApplicant: {
      address?: string | null;
      birth_date?: string | null;
      citizen_number?: string | null;
      name: string;
      phone?: string | null;
      sex?: string | null;
    };
    NewBooking: {
      from?: string | null;
      service: string;
    };
    NewCollector: {
      name: string;
      number?: string | null;
    };
    NewDossier: {
      applicant: components["schemas"]["NewApplicant"];
      channel?: components["schemas"]["Channel"];
      components: components["schemas"]["GivenPaper"][];
      counter: number;
      note?: string | null;
      procedure: string;
      result_channel?: components["schemas"]["ResultChannel"];
      ticket?: string | null;
    };
    NewPairing: { role: components["schemas"]["DeviceRole"] };
    NewRating: {
      cast_at?: string | null;
      client_id: string;
      comment?: string | null;
      level: components["schemas"]["Level"];
      reasons?: string[];
      respondent: components["schemas"]["Respondent"];
      token: string;
    };
    NewTicket: {
      card?: string | null;
      next_services?: string[];
      outside_hours?: string | null;
      print?: boolean;
      priority_ground?: string | null;
      service: string;
    };
    NextServices: { services: string[] };
    Officer: {
      id: string;
      name: string;
      role: components["schemas"]["Role"];
    };
    OfficerFigureView: {
      count: number;
      level: components["schemas"]["Level"];
      month: string;
      name?: string | null;
      officer: string;
      stage: components["schemas"]["Stage"];
    };
    OfficerSkillsView: {
      disabled: boolean;
      id: string;
      name: string;
      role: components["schemas"]["Role"];
      services?: string[] | null;
      set_at?: string | null;
      set_by?: string | null;
    };
    OneBooking: { booking: components["schemas"]["BookingView"] };
    OneTicket: {
      ticket: components["schemas"]["TicketView"];
      wait?: null | components["schemas"]["WaitView"];
      waiting_ahead?: number | null;
      went_first: components["schemas"]["WentFirstView"][];
    };
    OverloadView: {
      at: string;
      class: components["schemas"]["TicketClass"];
      coming: number;
      coming_s: number;
      counters: number;
      days_over: number;
      done_s: number;
      early?: string | null;
      last_s: number;
      late?: string | null;
      left_s: number;
      more: number;
      open: number[];
      promise_s: number;
      services: string[];
      wait_s: number;
      waiting: number;
      waiting_s: number;
    };
    PairedView: {
      counter?: number | null;
      device: string;
      last_seen?: string | null;
      paired_at: string;
      role: components["schemas"]["DeviceRole"];
      title: string;
    };
    PairingAnswer: {
      counter?: number | null;
      expires_in_s: number;
      state: components["schemas"]["PairingState"];
      token?: string | null;
    };
    PairingApproval: {
      counter?: number | null;
      title: string;
    };
    PairingClaim: { claim: string };
    PairingOpened: {
      claim: string;
      code: string;
      expires_in_s: number;
    };
    PairingState: "waiting" | "approved" | "refused";
    PairingView: {
      address: string;
      age_s: number;
      code: string;
      expires_in_s: number;
      role: components["schemas"]["DeviceRole"];
      user_agent: string;
    };
    PaperState: "pending" | "printed" | "failed" | "not_asked";
    PaperView: {
      condition?: string | null;
      copies: number;
      name: string;
      needs_confirmation: boolean;
      originals: number;
      seq: number;
    };
    PauseReason: "short_break" | "meeting" | "equipment" | "paper_work" | "other";
    Pausing: { reason: components["schemas"]["PauseReason"] };
    PolicyBoundsView: {
      days: components["schemas"]["BoundView"];
      overtakes_max: components["schemas"]["BoundView"];
      priority_weight: components["schemas"]["BoundView"];
      reason_length_max: number;
      regular_per_priority: components["schemas"]["BoundView"];
      threshold_min: components["schemas"]["BoundView"];
    };
    PolicyChoiceView: {
      after: components["schemas"]["PolicyNumbersView"];
      at: string;
      before: components["schemas"]["PolicyNumbersView"];
      by: string;
      by_name?: string | null;
      delivered: boolean;
      number: number;
      reason: string;
    };
    PolicyNumbersView: {
      overtakes_max: number;
      policy: components["schemas"]["CallPolicy"];
      priority_weight: number;
      regular_per_priority: number;
      threshold_min: number;
    };
    PolicyReplayView: {
      days: number;
      done: number;
      result?: null | components["schemas"]["ReplayResultView"];
      state: components["schemas"]["ReplayState"];
    };
    PolicyView: {
      bounds: components["schemas"]["PolicyBoundsView"];
      choices: components["schemas"]["PolicyChoiceView"][];
      delivered: components["schemas"]["PolicyNumbersView"];
      in_force: components["schemas"]["PolicyNumbersView"];
      is_delivered: boolean;
      number: number;
    };
    PrintJobShown: {
      attempts: number;
      dossier?: string | null;
      id: string;
      kind: string;
      message?: string | null;
      message_en?: string | null;
      problem?: null | components["schemas"]["PrintTrouble"];
      state: components["schemas"]["PrintState"];
      ticket?: string | null;
    };
    PrintJobStarted: {
      id: string;
      state: components["schemas"]["PrintState"];
    };
    PrintState: "pending" | "printing" | "printed" | "blocked";
    PrintTrouble: "paper_out" | "cover_open" | "offline" | "error" | "unknown";
    Problem: {
      code: string;
      details: Record<string, never>;
      message: string;
      message_en: string;
    };
    ProcedureView: {
      code: string;
      fee: components["schemas"]["FeeView"];
      limit: components["schemas"]["LimitView"];
      name: string;
      needs_confirmation: boolean;
      papers: components["schemas"]["PaperView"][];
      sector: string;
      service: string;
      source: string;
      version: number;
    };
    RatingCountView: {
      count: number;
      level: components["schemas"]["Level"];
      service?: string | null;
      stage: components["schemas"]["Stage"];
    };
    RatingFigureView: {
      count: number;
      level: components["schemas"]["Level"];
      respondent: components["schemas"]["Respondent"];
      service?: string | null;
      stage: components["schemas"]["Stage"];
    };
    RatingFigures: {
      comments: components["schemas"]["CommentView"][];
      counts: components["schemas"]["RatingFigureView"][];
      from: string;
      not_yet_counted: number;
      officers: components["schemas"]["OfficerFigureView"][];
      officers_from: number;
      reasons: components["schemas"]["ReasonFigureView"][];
      to: string;
    };
    RatingStored: { id: string };
    RatingSummary: {
      counts: components["schemas"]["RatingCountView"][];
      not_yet_counted: number;
    };
    ReasonFigureView: {
      count: number;
      reason: string;
      service?: string | null;
      stage: components["schemas"]["Stage"];
    };
    ReasonStep: {
      rule: string;
      sentence: string;
      sentence_en: string;
    };
    ReasonView: {
      oldest_regular_wait_s?: number | null;
      over?: string | null;
      policy: string;
      rule: components["schemas"]["CallRule"];
      sentence: string;
      sentence_en: string;
      threshold_s: number;
      waited_s: number;
    };
    ReplayClassView: {
      called: number;
      kept: number;
      median_s: number;
      p95_s: number;
      passed_over_most: number;
      promised: number;
    };
    ReplayFiguresView: {
      not_called: number;
      priority: components["schemas"]["ReplayClassView"];
      regular: components["schemas"]["ReplayClassView"];
    };
    ReplayResultView: {
      as_it_was: components["schemas"]["ReplayFiguresView"];
      days: number;
      from: string;
      left_out: number;
      played: components["schemas"]["ReplayedView"][];
      until: string;
      visits: number;
    };
    ReplayState: "none" | "running" | "done" | "stopped" | "no_days" | "failed";
    ReplayedView: {
      figures: components["schemas"]["ReplayFiguresView"];
      in_force: boolean;
      numbers: components["schemas"]["PolicyNumbersView"];
    };
    ReplayingPolicies: {
      days: number;
      overtakes_max?: number | null;
      priority_weight?: number | null;
      regular_per_priority?: number | null;
      threshold_min?: number | null;
    };
    ReportBy: "hour" | "day" | "service" | "class" | "officer" | "counter";
    ReportRowView: {
      figures: components["schemas"]["FiguresView"];
      key: string;
      name_en?: string | null;
      name_vi?: string | null;
    };
    ReportView: {
      by: components["schemas"]["ReportBy"];
      from: string;
      rows: components["schemas"]["ReportRowView"][];
      to: string;
      total: components["schemas"]["FiguresView"];
    };
    Respondent: "citizen" | "organisation";
    RestoreView: {
      differs: boolean;
      of?: number | null;
      subjects: number;
    };
    ResultChannel: "counter" | "online" | "post";
    ResultGiven: { title: string };
    ResultView: {
      by: string;
      ready_at: string;
      title: string;
    };
    Resuming: { ticket: string };
    ReturnView: {
      at: string;
      by: string;
      collector?: null | components["schemas"]["CollectorView"];
    };
    Returning: {
      collector?: null | components["schemas"]["NewCollector"];
      counter: number;
    };
    Role: "officer" | "head" | "admin";
    ScanStored: {
      media_type: string;
      sha256: string;
      size: number;
    };
    ScanView: {
      here: boolean;
      media_type: string;
      name?: string | null;
      sha256: string;
      size: number;
    };
    SeenView: {
      address: string;
      doubtful: boolean;
      first_seen: string;
      host: string;
      kind: string;
      last_seen: string;
      name: string;
      port: number;
      txt: { [key: string]: string };
    };
    ServiceView: {
      called_from?: null | components["schemas"]["ClosedView"];
      closed?: null | components["schemas"]["ClosedView"];
      code: string;
      come_by?: string | null;
      name_en: string;
      name_vi: string;
      priority_closed?: null | components["schemas"]["ClosedView"];
      priority_come_by?: string | null;
      promise_priority_min: number;
      promise_regular_min: number;
      series: string;
      waiting_priority: number;
      waiting_regular: number;
    };
    SessionShown: {
      csrf: string;
      officer: components["schemas"]["Officer"];
    };
    SettingSkills: { services?: string[] | null };
    Sex: "male" | "female";
    SlipWanted: { counter: number };
    SlotList: { slots: components["schemas"]["SlotView"][] };
    SlotView: {
      from: string;
      left: number;
      to: string;
    };
    SpeechView: { clips: string[] };
    SpreadView: {
      count: number;
      longest_s: number;
      p50_s: number;
      p90_s: number;
      p95_s: number;
    };
    Stage: "receipt" | "return";
    SurfaceReport: {
      aside?: number;
      error?: string | null;
      kept?: number;
      lasting: boolean;
      offset_ms: number;
      page: string;
      sound_blocked?: boolean;
      version: string;
    };
    SurfaceState: "well" | "troubled" | "silent" | "unheard";
    SurfaceTrouble: "not_lasting" | "votes_kept" | "votes_aside" | "sound_blocked" | "clock_off" | "other_version";
    SurfaceView: {
      aside: number;
      counter?: number | null;
      device: string;
      error?: string | null;
      heard_at?: string | null;
      kept: number;
      offset_ms?: number | null;
      page?: string | null;
      role: components["schemas"]["DeviceRole"];
      state: components["schemas"]["SurfaceState"];
      title: string;
      troubles: components["schemas"]["SurfaceTrouble"][];
      version?: string | null;
    };
    TicketClass: "regular" | "priority";
    TicketList: { tickets: components["schemas"]["TicketView"][] };
    TicketState: "waiting" | "called" | "serving" | "on_hold" | "completed" | "no_show" | "cancelled";
    TicketView: {
      begun_at?: string | null;
      business_day: string;
      call_reason?: null | components["schemas"]["ReasonView"];
      called_at?: string | null;
      carried_to?: string | null;
      class: components["schemas"]["TicketClass"];
      counter?: number | null;
      finished_at?: string | null;
      for_counter?: number | null;
      id: string;
      issued_at: string;
      label: string;
      next_services?: string[];
      printed: components["schemas"]["PaperState"];
      priority_ground?: string | null;
      queued_at: string;
      recall_count: number;
      return_to?: number | null;
      return_used: boolean;
      returned_from?: number | null;
      rev: number;
      service: string;
      state: components["schemas"]["TicketState"];
    };
    TokenView: {
      expires_at: string;
      finish_s: number;
      stage: components["schemas"]["Stage"];
      token: string;
    };
    Transferring: {
      counter?: number | null;
      return_here?: boolean;
      service?: string | null;
    };
    TriedView: {
      code: string;
      done: boolean;
    };
    UnitKind: "phuong" | "xa" | "dac_khu";
    UnitView: {
      accepts: boolean;
      code: string;
      kind: components["schemas"]["UnitKind"];
      name: string;
      node: string;
    };
    UplinkState: "not_enrolled" | "offline" | "greeting" | "online" | "frozen";
    UplinkView: {
      blobs_waiting: number;
      bytes_waiting: number;
      connections: number;
      entries_waiting: number;
      frames_repeated: number;
      frames_under_way: number;
      last_ack_at?: string | null;
      messages_spoilt: number;
      reason_code?: string | null;
      reports: number;
      state: components["schemas"]["UplinkState"];
    };
    Versioned_HallView: {
      calls: components["schemas"]["HallCallView"][];
      counters: components["schemas"]["HallCounterView"][];
      next: string[];
      now?: null | components["schemas"]["HallNowView"];
      unit_name: string;
      waits?: components["schemas"]["HallWaitView"][];
    } & {
      at: string;
      version: number;
    };
    Versioned_UplinkView: {
      blobs_waiting: number;
      bytes_waiting: number;
      connections: number;
      entries_waiting: number;
      frames_repeated: number;
      frames_under_way: number;
      last_ack_at?: string | null;
      messages_spoilt: number;
      reason_code?: string | null;
      reports: number;
      state: components["schemas"]["UplinkState"];
    } & {
      at: string;
      version: number;
    };
    WaitView: {
      break_until?: string | null;
      closes_at?: string | null;
      expected_min: number;
      high_min: number;
      learned_from: number;
      low_min: number;
    };
    WayView: {
      procedure?: string | null;
      service: string;
    };
    WaysView: {
      more: boolean;
      ways: components["schemas"]["WayView"][];
    };
    WentFirstView: {
      sentence: string;
      sentence_en: string;
    };
    WorkView: {
      service: string;
      work_s: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
