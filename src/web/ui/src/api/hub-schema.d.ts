/* Written by dev/generate.mjs from the hub's OpenAPI document: change the server, not this. */
export interface paths {
  "/api/v1/booking-plan": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["BookingPlan"][] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["BookingPlan"] } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/certificates": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["OwnCertificateRow"][] } } } };
  };
  "/api/v1/enrol": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["EnrolRequest"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["EnrolAnswer"] } } };
    };
  };
  "/api/v1/health": { get: { responses: { 200: { content: { "application/json": components["schemas"]["Health"] } } } } };
  "/api/v1/nodes": { get: { responses: { 200: { content: { "application/json": components["schemas"]["NodeRow"][] } } } } };
  "/api/v1/nodes/{node}/parked": {
    get: {
      parameters: { path: { node: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["Aside"] } } };
    };
  };
  "/api/v1/nodes/{node}/revoke": {
    post: {
      parameters: { path: { node: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/nodes/{node}/thaw": {
    post: {
      parameters: { path: { node: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/orders": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["OrderShown"][] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["OrderWanted"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["OrderShown"] } } };
    };
  };
  "/api/v1/public/booking-places": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["BookingPlace"][] } } } };
  };
  "/api/v1/public/booking-slots": {
    get: {
      parameters: {
        query: {
          node: string;
          service: string;
          day?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["SlotShown"][] } } };
    };
  };
  "/api/v1/public/bookings": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["BookingWanted"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["BookingShown"] } } };
    };
  };
  "/api/v1/public/bookings/cancel": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["CodeGiven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["BookingShown"] } } };
    };
  };
  "/api/v1/public/bookings/show": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["CodeGiven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["BookingShown"] } } };
    };
  };
  "/api/v1/renew": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["RenewRequest"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["RenewAnswer"] } } };
    };
  };
  "/api/v1/renew/challenge": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["ChallengeRequest"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["Challenge"] } } };
    };
  };
  "/api/v1/renew/done": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["RenewDone"] } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/reports/queue": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
          unit?: string | null;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["ProvinceReportView"] } } };
    };
  };
  "/api/v1/reports/queue.csv": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
          unit?: string | null;
        };
      };
      responses: { 200: { content: { "text/csv": unknown } } };
    };
  };
  "/api/v1/reports/queue.xlsx": {
    get: {
      parameters: {
        query: {
          from: string;
          to: string;
          by?: string | null;
          unit?: string | null;
        };
      };
      responses: { 200: { content: { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown } } };
    };
  };
  "/api/v1/restore/blob": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Proven"] } };
      responses: { 200: { content: { "application/octet-stream": unknown } } };
    };
  };
  "/api/v1/restore/look": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["RestoreLook"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["RestoreOffer"] } } };
    };
  };
  "/api/v1/restore/page": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Proven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["SealedAnswer"] } } };
    };
  };
  "/api/v1/session": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["SessionShown"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Login"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["SessionShown"] } } };
    };
    delete: { responses: { 204: { content?: never } } };
  };
  "/cho": {
    get: {
      parameters: { query?: { xep?: string } };
      responses: { 200: { content: { "text/html": unknown } } };
    };
  };
  "/t/{code}": {
    get: {
      parameters: { path: { code: string } };
      responses: { 200: { content: { "text/html": unknown } } };
    };
  };
}
export interface components {
  schemas: {
    AlarmRow: {
      code: string;
      detail: string;
      raised_at: string;
    };
    Aside: {
      alarms: components["schemas"]["AlarmRow"][];
      conflicts: components["schemas"]["ConflictRow"][];
      down_parked: components["schemas"]["DownParkedRow"][];
      parked: components["schemas"]["ParkedRow"][];
      refused: components["schemas"]["RefusedRow"][];
      salvaged: components["schemas"]["SalvagedRow"][];
    };
    BookingPlace: {
      days_ahead: number;
      name_en: string;
      name_vi: string;
      node: string;
      service: string;
      unit_name: string;
    };
    BookingPlan: {
      also_days_off?: boolean;
      days_ahead: number;
      name_en: string;
      name_vi: string;
      node: string;
      per_slot: number;
      service: string;
      sessions: components["schemas"]["PlanSession"][];
      slot_min: number;
    };
    BookingShown: {
      at_center: boolean;
      code: string;
      from: string;
      kind: string;
      name_en: string;
      name_vi: string;
      node: string;
      service: string;
      state: string;
      ticket_label?: string | null;
      ticket_state?: string | null;
      to: string;
      unit_name: string;
    };
    BookingWanted: {
      from?: string | null;
      node: string;
      service: string;
    };
    Challenge: {
      challenge: string;
      hub_time_us: number;
    };
    ChallengeRequest: { node: string };
    CodeGiven: { code: string };
    ConflictRow: {
      code: string;
      kept_at: string;
      kind: string;
      seq: number;
      subject: string;
      term: number;
    };
    Continued: {
      epoch: number;
      hub_key?: string;
      proof: string;
    };
    DownParkedRow: {
      code: string;
      seq: number;
    };
    EnrolAnswer: {
      broker_host: string;
      broker_port: number;
      certificate_pem: string;
      device_root_pem: string;
      epoch: number;
      hub_signing_key: string;
      lan_authority_pem: string;
      lan_certificate_pem: string;
      node: string;
      unit_name: string;
      wrapping_key: string;
    };
    EnrolRequest: {
      continues?: null | components["schemas"]["Continued"];
      csr_pem: string;
      history?: components["schemas"]["History"];
      lan_csr_pem: string;
      node: string;
      token: string;
      version: string;
      wrapped_master: string;
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
    Health: {
      broker: string;
      connections: number;
      frames_missing: number;
      frames_repeated: number;
      frames_taken: number;
      messages_dropped: number;
      messages_refused: number;
      messages_spoilt: number;
      now: string;
      sessions: number;
      shards: number;
      store: string;
      version: string;
    };
    History: "none" | "restore" | "begin_anew";
    Login: {
      login: string;
      password: string;
    };
    NodeRow: {
      alarms: number;
      blobs_missing: number;
      certificate_ends_at?: string | null;
      certificate_late: boolean;
      conflicts: number;
      down_waiting: number;
      entries: number;
      epoch: number;
      frozen_code?: string | null;
      lag_entries: number;
      lag_s: number;
      last_entry_at?: string | null;
      last_seen_at?: string | null;
      last_seq: number;
      node: string;
      open_dossiers: number;
      parked: number;
      place_name: string;
      refused_frames: number;
      state: components["schemas"]["NodeState"];
      unit_name: string;
      unseen_since?: string | null;
      version?: string | null;
      waiting_citizens: number;
    };
    NodeState: "invited" | "online" | "offline" | "frozen";
    Officer: {
      id: string;
      name: string;
      role: components["schemas"]["Role"];
    };
    OrderNode: {
      delivered: boolean;
      node: string;
      read: boolean;
    };
    OrderShown: {
      id: string;
      nodes: components["schemas"]["OrderNode"][];
      ordered_at: string;
      ordered_by: string;
      text: string;
      to_all: boolean;
    };
    OrderWanted: {
      nodes?: string[] | null;
      text: string;
    };
    OwnCertificate: "pages" | "link" | "broker";
    OwnCertificateRow: {
      ends_at: string;
      late: boolean;
      which: components["schemas"]["OwnCertificate"];
    };
    ParkedRow: {
      code: string;
      detail: string;
      epoch: number;
      parked_at: string;
      seq: number;
    };
    PlanSession: {
      from: string;
      to: string;
    };
    Problem: {
      code: string;
      details: Record<string, never>;
      message: string;
      message_en: string;
    };
    Proven: {
      body: string;
      epoch: number;
      node: string;
      proof: string;
    };
    ProvinceReportView: {
      by: string;
      from: string;
      rows: components["schemas"]["ReportRowView"][];
      to: string;
      total: components["schemas"]["FiguresView"];
      unit?: string | null;
      unit_name?: string | null;
      units: number;
    };
    RefusedRow: {
      bytes: number;
      code: string;
      detail: string;
      first_at: string;
      last_at: string;
      times: number;
    };
    RenewAnswer: {
      certificate_pem: string;
      lan_certificate_pem?: string | null;
    };
    RenewDone: {
      challenge: string;
      node: string;
      serial: string;
      signature: string;
    };
    RenewRequest: {
      challenge: string;
      csr_pem: string;
      lan_csr_pem?: string | null;
      node: string;
      serial: string;
      signature: string;
    };
    ReportRowView: {
      figures: components["schemas"]["FiguresView"];
      key: string;
      name_en?: string | null;
      name_vi?: string | null;
    };
    RestoreLook: {
      node: string;
      token: string;
    };
    RestoreOffer: {
      epoch: number;
      last_entry_us?: number | null;
      last_seq: number;
      online: boolean;
      subjects: number;
      unit_name: string;
      wrapped_master: string;
    };
    Role: "officer" | "head" | "admin";
    SalvagedRow: {
      actor: string;
      at: string;
      code?: string | null;
      content: Record<string, never>[];
      epoch: number;
      seq: number;
    };
    SealedAnswer: { sealed: string };
    SessionShown: {
      csrf: string;
      officer: components["schemas"]["Officer"];
    };
    SlotShown: {
      from: string;
      left: number;
      to: string;
    };
    SpreadView: {
      count: number;
      longest_s: number;
      p50_s: number;
      p90_s: number;
      p95_s: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
